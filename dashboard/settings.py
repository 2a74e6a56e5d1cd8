"""The site's settings. Everything that differs between machines comes from the environment.

Each variable is read through `dashboard.environment`, and a malformed one keeps the site from starting,
with a sentence that names it and the remedy. The table in docs/settings.md says what each is for.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import pghistory
import pgtrigger
from django.utils.csp import CSP

from billing.money import is_currency
from dashboard.environment import Reader, kept_secret, program_name
from dashboard.invoices.environment import read_seller
from dashboard.logs.config import logging_settings
from dashboard.webhooks.environment import read_endpoints, read_secrets_since

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = Reader()

COUNTINGHOUSE_ENV = env.text("COUNTINGHOUSE_ENV", "local", choices=("local", "production"))
PRODUCTION = COUNTINGHOUSE_ENV == "production"
LOCAL = not PRODUCTION
DEBUG = False

SECRET_KEY = env.secret(
    "SECRET_KEY", shape=r".{50,}", hint="must be at least 50 characters long.", required=PRODUCTION
) or (kept_secret(VAR_DIR / "secret_key") if LOCAL else "")

# Where the desk is reached.

PUBLIC_URL = env.url("PUBLIC_URL", "http://localhost:8000")
ALLOWED_HOSTS = env.hosts(
    "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", "testserver"], required=PRODUCTION
)
CSRF_TRUSTED_ORIGINS = env.urls("CSRF_TRUSTED_ORIGINS", [])
TRUST_PROXY_HEADERS = env.flag("TRUST_PROXY_HEADERS", default=False)
if TRUST_PROXY_HEADERS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 1, least=1, most=10)
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES", ["127.0.0.0/8", "::1/128"] if TRUST_PROXY_HEADERS else [])

ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
ASGI_APPLICATION = "dashboard.asgi.application"

INSTALLED_APPS = [
    "dashboard",
    "billing",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "django_htmx",
    "django_tables2",
    "django_filters",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "dashboard.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.middleware.SignedOutMiddleware",
    "dashboard.middleware.TimeZoneMiddleware",
    "dashboard.middleware.ActorMiddleware",
    "dashboard.middleware.ReadsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.parts.context.desk",
            ],
            "libraries": {
                "desk": "dashboard.parts.templatetags.desk",
                "members": "dashboard.staff.tags",
                "actions": "dashboard.actions.tags",
                "find": "dashboard.find.tags",
            },
        },
    },
]

# The database. The site works as the application's role; `migrate` and `flush` as the owner.

_database = env.database("DATABASE_URL")
_owner = env.database("DATABASE_OWNER_URL")
if PRODUCTION and not env.text("DATABASE_URL", required=True):
    _database = {}
elif not _database:
    from dashboard.local.postgres import urls as local_urls

    _local = local_urls()
    _database = env.database("DATABASE_URL", _local["DATABASE_URL"])
    _owner = _owner or env.database("DATABASE_OWNER_URL", _local["DATABASE_OWNER_URL"])

DATABASE_NAME = env.text("DATABASE_NAME", str(_database.get("NAME", "")))
TEST_DATABASE_NAME = env.text("TEST_DATABASE_NAME", f"test_{DATABASE_NAME}")
DATABASES = {
    "default": {
        **_database,
        "NAME": DATABASE_NAME,
        "OPTIONS": {
            **_database.get("OPTIONS", {}),
            # pgtrigger reads this setting in each trigger: present from the start, it costs no lookup.
            "options": "-c pgtrigger.ignore={}",
            # Stands in every audit row: see billing/audit/columns.py.
            "application_name": program_name(sys.argv),
            "pool": {
                "min_size": 1,
                "max_size": env.number("DATABASE_POOL", 10, least=2, most=200),
                "timeout": 10,
            },
        },
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": TEST_DATABASE_NAME},
    }
}
if "assume_role" in DATABASES["default"]["OPTIONS"]:
    del DATABASES["default"]["OPTIONS"]["pool"]  # Django's pool waits for itself when it assumes a role
APPLICATION_ROLE = str(_database.get("OPTIONS", {}).get("assume_role") or _database.get("USER", ""))
DATABASE_OWNER = {key: _owner.get(key, "") for key in ("USER", "PASSWORD", "HOST", "PORT")} if _owner else {}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Who signs in, and how.

AUTH_USER_MODEL = "dashboard.Member"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("display_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_ADAPTER = "dashboard.staff.adapter.MemberAdapter"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/15m/key"}
ACCOUNT_FORMS = {
    "login": "dashboard.staff.forms.SignInForm",
    "reset_password": "dashboard.staff.forms.AddressForm",
    "reset_password_from_key": "dashboard.staff.forms.NewPasswordForm",
    "set_password": "dashboard.staff.forms.FirstPasswordForm",
    "change_password": "dashboard.staff.forms.OtherPasswordForm",
    "reauthenticate": "dashboard.staff.forms.ConfirmForm",
}
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
MFA_FORMS = {
    "authenticate": "dashboard.staff.forms.CodeForm",
    "reauthenticate": "dashboard.staff.forms.ConfirmByCodeForm",
    "activate_totp": "dashboard.staff.forms.ActivateAppForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL
MFA_TOTP_ISSUER = "Countinghouse"
USERSESSIONS_TRACK_ACTIVITY = True

# Language and time: stored and exported in UTC, shown in the viewer's own zone.

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_TIME_ZONE = env.checked(
    "DEFAULT_TIME_ZONE",
    "UTC",
    lambda zone: zone in available_timezones(),
    "must be a time zone's name such as Europe/Rome.",
)
REPORTING_CURRENCY = env.checked(
    "REPORTING_CURRENCY", "EUR", is_currency, "must be an ISO 4217 currency code such as EUR."
)
COMPANY_NAME = env.text("COMPANY_NAME", "Halden")

# Files.

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = LOCAL
WHITENOISE_AUTOREFRESH = LOCAL
MEDIA_ROOT = VAR_DIR / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# What a browser may do with our pages.

EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"  # the one that plotly writes
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE, EMPTY_STYLE],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
CSRF_FAILURE_VIEW = "dashboard.access.refusals.csrf_failed"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_NAME = "countinghouse_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = env.number("SESSION_DAYS", 14, least=1, most=90) * 24 * 60 * 60
CSRF_COOKIE_NAME = "countinghouse_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"

# The gateways. Secrets come from the environment only and are never written to the database or a log.

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

# Who sells: what stands on our invoices, and where we are for VAT.

SELLER = read_seller(env, local=LOCAL)
TAX_NEEDS_VIES = env.flag("TAX_NEEDS_VIES", default=False)
# Who is asked whether a VAT number is registered; nobody, until a gateway to VIES is set.
VAT_REGISTER = env.text("VAT_REGISTER", "billing.tax.vies.Offline")
VIES_URL = env.url("VIES_URL", "https://ec.europa.eu/taxation_customs/vies/rest-api")

# The audit trail: every changed row, by statement triggers, with who and why written into the row itself.

PGHISTORY_LEVEL = pgtrigger.Statement
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(related_name="audit_rows")
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)

# Jobs.

PROCRASTINATE_IMPORT_PATHS = [
    f"billing.{found.parent.name}.tasks" for found in sorted((BASE_DIR / "billing").glob("*/tasks.py"))
]
# Whether this process's worker starts what goes by the clock, beside doing what is queued.
WORKER_SCHEDULES = env.flag("WORKER_SCHEDULES", default=True)

# Mail. At home it is written to files below var/mail, one a message.

MAILERS = {"default": env.mailer("EMAIL_URL", VAR_DIR / "mail", required=PRODUCTION)}
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Countinghouse <desk@localhost>")
# Customers whose address is in a domain kept for examples, as all of the demo are, get no mail.
MAIL_EXAMPLE_ADDRESSES = env.flag("MAIL_EXAMPLE_ADDRESSES")

# What is counted for a while only: tries to sign in. In the database, so that all processes count together.

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "dashboard_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# How much of a period a part of it is: by the second, by the day, or by months of 30 days. Each subscription
# keeps what was set when it started.
PRORATION_BASIS = env.text("PRORATION_BASIS", "second", choices=("second", "day", "fixed30"))

# Trials: how many may start from one network address a day and at one e-mail domain in 30 days, whether the
# e-mail address must be confirmed before, and what becomes of one that ends without a payment method.
TRIALS_PER_ADDRESS = env.number("TRIALS_PER_ADDRESS", 5, least=1, most=10_000)
TRIALS_PER_DOMAIN = env.number("TRIALS_PER_DOMAIN", 10, least=1, most=100_000)
TRIAL_NEEDS_VERIFIED_EMAIL = env.flag("TRIAL_NEEDS_VERIFIED_EMAIL")
TRIAL_WITHOUT_METHOD = env.text("TRIAL_WITHOUT_METHOD", "cancel", choices=("cancel", "pause"))

# What is measured, and whom an alert is mailed to.

METRICS_TOKEN = env.secret(
    "METRICS_TOKEN", shape=r"[A-Za-z0-9._~+/=-]{20,}", hint="must be at least 20 letters, digits or ._~+/=-"
)
METRICS_FLUSH_SECONDS = env.number("METRICS_FLUSH_SECONDS", 1, most=60)
ALERT_EMAILS = env.words("ALERT_EMAILS")
if any(address.count("@") != 1 or address[0] == "@" or address[-1] == "@" for address in ALERT_EMAILS):
    env.refuse("ALERT_EMAILS", "must be e-mail addresses separated by commas.")
AUDITOR_EMAILS = env.words("AUDITOR_EMAILS")
if any(address.count("@") != 1 or address[0] == "@" or address[-1] == "@" for address in AUDITOR_EMAILS):
    env.refuse("AUDITOR_EMAILS", "must be e-mail addresses separated by commas.")
WEBHOOK_LAG_LIMIT_SECONDS = env.number("WEBHOOK_LAG_LIMIT_SECONDS", 300, least=10, most=86_400)
WEBHOOK_QUIET_MINUTES = env.number("WEBHOOK_QUIET_MINUTES", 45, least=15, most=10_080)

# The log.

LOG_LEVEL = env.text("LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = logging_settings(level=LOG_LEVEL, as_json=PRODUCTION)

DJANGO_TABLES2_TEMPLATE = "django_tables2/bootstrap5.html"

env.finish()
