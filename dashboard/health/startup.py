"""What must be so before the desk serves: a fit server, and a database role that cannot rewrite history."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from billing.history.rights import excess_rights
from dashboard.database import require_postgresql


def refusals(alias: str = "default") -> list[str]:
    """Sentences that say why the desk must not serve; empty when it may."""
    connection = connections[alias]
    try:
        require_postgresql(connection)
    except ImproperlyConfigured as refusal:
        return [str(refusal)]
    tables = set(connection.introspection.table_names())
    if "django_migrations" not in tables:
        return ["The database has no tables yet; run `manage.py migrate` first."]
    return rights_refusals(connection)


def rights_refusals(connection: Any) -> list[str]:
    excess = excess_rights(connection)
    if not excess:
        return []
    shown = " ".join(excess[:3]) + (f" And {len(excess) - 3} more." if len(excess) > 3 else "")
    return [
        f"{shown} Rows of ledger and history must not be changeable by the desk: connect as the "
        "application's role (DATABASE_URL) and run `manage.py migrate` with DATABASE_OWNER_URL, which "
        "writes its rights."
    ]


def refuse_unless_fit() -> None:
    """Called by web and worker processes as they start. Raises ImproperlyConfigured with the sentences."""
    if found := refusals():
        raise ImproperlyConfigured("\n".join(found))


def check_database(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """For `manage.py check --database default`."""
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        facts = connection.settings_dict
        if (facts["OPTIONS"].get("assume_role") or facts["USER"]) != settings.APPLICATION_ROLE:
            continue  # migrating: the owner may change its tables, and does not serve
        if "django_migrations" in connection.introspection.table_names():
            found += [
                checks.Error(sentence, id="countinghouse.E001") for sentence in rights_refusals(connection)
            ]
    return found
