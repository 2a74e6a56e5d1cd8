"""The database. The site works as the application's role; `migrate` and `flush` as the owner."""

import sys

from dashboard.environment import program_name
from dashboard.settings.place import PRODUCTION, env

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
