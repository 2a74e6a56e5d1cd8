"""The gateways and their messages. Secrets come from the environment only and are never written to the
database or a log.
"""

from urllib.parse import urlsplit

from dashboard.environment import kept_secret
from dashboard.settings.place import LOCAL, VAR_DIR, env
from dashboard.settings.site import PUBLIC_URL
from dashboard.webhooks.environment import read_endpoints, read_secrets_since

STRIPE_API_KEY = env.secret(
    "STRIPE_API_KEY",
    shape=r"(sk|rk)_(test|live)_[A-Za-z0-9_]{8,}",
    hint="must be a secret or restricted key, as it stands in Stripe's dashboard (sk_… or rk_…).",
)
STRIPE_WEBHOOK_SECRETS = env.words("STRIPE_WEBHOOK_SECRETS")
if any(not word.startswith("whsec_") for word in STRIPE_WEBHOOK_SECRETS):
    env.refuse("STRIPE_WEBHOOK_SECRETS", "must be signing secrets (whsec_…) separated by commas.")
STRIPE_API_BASE = env.url("STRIPE_API_BASE", "https://api.stripe.com")
STRIPE_CALLS_A_SECOND = env.number("STRIPE_CALLS_A_SECOND", 25, least=1, most=1_000)
SANDBOX_WEBHOOK_SECRET = env.secret("SANDBOX_WEBHOOK_SECRET") or (
    kept_secret(VAR_DIR / "sandbox_webhook_secret") if LOCAL else ""
)
WEBHOOK_ENDPOINTS = read_endpoints(env, env.words("WEBHOOK_ENDPOINTS"))
WEBHOOK_SECRETS_SINCE = read_secrets_since(env)
WEBHOOK_TOLERANCE_SECONDS = env.number("WEBHOOK_TOLERANCE_SECONDS", 180, least=1, most=3600)
WEBHOOK_LARGEST_BYTES = env.number(
    "WEBHOOK_LARGEST_BYTES", 1024 * 1024, least=16 * 1024, most=16 * 1024 * 1024
)
WEBHOOK_REFUSALS_ALLOWED = env.number("WEBHOOK_REFUSALS_ALLOWED", 30, least=1, most=100_000)
WEBHOOK_CONTENT_DAYS = env.number("WEBHOOK_CONTENT_DAYS", 90, least=1, most=3650)
SANDBOX_DELIVERY_URL = env.url("SANDBOX_DELIVERY_URL", PUBLIC_URL)
SANDBOX_BANK_SECONDS = env.number("SANDBOX_BANK_SECONDS", 60, most=30 * 24 * 60 * 60)
SANDBOX_CALLS_A_SECOND = env.number("SANDBOX_CALLS_A_SECOND", 100, least=1, most=100_000)
PAYPAL_CLIENT_ID = env.secret("PAYPAL_CLIENT_ID")
PAYPAL_SECRET = env.secret("PAYPAL_SECRET")
PAYPAL_API_BASE = env.url("PAYPAL_API_BASE", "https://api-m.paypal.com")
PAYPAL_WEBHOOK_IDS = env.words("PAYPAL_WEBHOOK_IDS")
if any(not word.isascii() or not word.isalnum() for word in PAYPAL_WEBHOOK_IDS):
    env.refuse("PAYPAL_WEBHOOK_IDS", "must be the ids of our webhooks at PayPal, separated by commas.")
PAYPAL_VERIFY = env.text("PAYPAL_VERIFY", "certificate", choices=("certificate", "api"))
PAYPAL_TOLERANCE_SECONDS = env.number("PAYPAL_TOLERANCE_SECONDS", 300, least=1, most=7 * 24 * 60 * 60)
PAYPAL_CERT_ROOTS = env.text("PAYPAL_CERT_ROOTS")
YOOKASSA_SHOP_ID = env.text("YOOKASSA_SHOP_ID")
YOOKASSA_SECRET_KEY = env.secret("YOOKASSA_SECRET_KEY")
YOOKASSA_API_BASE = env.url("YOOKASSA_API_BASE", "https://api.yookassa.ru/v3")
YOOKASSA_NETWORKS = env.networks(
    "YOOKASSA_NETWORKS",
    # https://yookassa.ru/developers/using-api/webhooks
    [
        "185.71.76.0/27",
        "185.71.77.0/27",
        "77.75.153.0/25",
        "77.75.154.128/25",
        "77.75.156.11",
        "77.75.156.35",
        "2a02:5180:0:1509::/64",
        "2a02:5180:0:1533::/64",
        "2a02:5180:0:2655::/64",
        "2a02:5180:0:2669::/64",
    ],
)
GATEWAYS = {
    "sandbox": "billing.gateways.sandbox.Sandbox",
    "stripe": "billing.gateways.stripe.Stripe",
    "paypal": "billing.gateways.paypal.PayPal",
    "yookassa": "billing.gateways.yookassa.YooKassa",
}

# Where customers pay for what they buy at once, and where they may be sent back to afterwards: these hosts
# and their subdomains, and nowhere else.

CHECKOUT_GATEWAY = env.text(
    "CHECKOUT_GATEWAY", "stripe" if STRIPE_API_KEY else "sandbox", choices=("sandbox", "stripe")
)
RETURN_HOSTS = env.hosts("RETURN_HOSTS", [urlsplit(PUBLIC_URL).hostname or "localhost"])
RETURN_URL = env.url("RETURN_URL", PUBLIC_URL)
