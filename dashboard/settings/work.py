"""What goes on behind the screens: the audit trail, jobs, mail, what is measured, and the log."""

import pghistory
import pgtrigger

from dashboard.logs.config import logging_settings
from dashboard.settings.place import BASE_DIR, PRODUCTION, VAR_DIR, env

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
