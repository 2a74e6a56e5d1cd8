"""Who sells, in which currency it counts, and what it has decided about periods and trials."""

from billing.money import is_currency
from dashboard.invoices.environment import read_seller
from dashboard.settings.place import LOCAL, env

REPORTING_CURRENCY = env.checked(
    "REPORTING_CURRENCY", "EUR", is_currency, "must be an ISO 4217 currency code such as EUR."
)
COMPANY_NAME = env.text("COMPANY_NAME", "Halden")

# Who sells: what stands on our invoices, and where we are for VAT.

SELLER = read_seller(env, local=LOCAL)
TAX_NEEDS_VIES = env.flag("TAX_NEEDS_VIES", default=False)
# Who is asked whether a VAT number is registered; nobody, until a gateway to VIES is set.
VAT_REGISTER = env.text("VAT_REGISTER", "billing.tax.vies.Offline")
VIES_URL = env.url("VIES_URL", "https://ec.europa.eu/taxation_customs/vies/rest-api")

# How much of a period a part of it is: by the second, by the day, or by months of 30 days. Each subscription
# keeps what was set when it started.
PRORATION_BASIS = env.text("PRORATION_BASIS", "second", choices=("second", "day", "fixed30"))

# Trials: how many may start from one network address a day and at one e-mail domain in 30 days, whether the
# e-mail address must be confirmed before, and what becomes of one that ends without a payment method.
TRIALS_PER_ADDRESS = env.number("TRIALS_PER_ADDRESS", 5, least=1, most=10_000)
TRIALS_PER_DOMAIN = env.number("TRIALS_PER_DOMAIN", 10, least=1, most=100_000)
TRIAL_NEEDS_VERIFIED_EMAIL = env.flag("TRIAL_NEEDS_VERIFIED_EMAIL")
TRIAL_WITHOUT_METHOD = env.text("TRIAL_WITHOUT_METHOD", "cancel", choices=("cancel", "pause"))
