"""Noting that a member was shown personal data: one insert, whatever was read."""

from datetime import datetime

from django.db import connection

from billing.audit.models import ReadKind
from billing.history.actors import Actor
from billing.logs import service

__all__ = ["note_export", "note_read"]

_COLUMNS = "(at, member_ref, member_name, kind, screen, customer_id, filters, request_id)"


@service("audit")
def note_read(
    *, reference: str, kind: ReadKind, screen: str, actor: Actor, request_id: str, now: datetime
) -> bool:
    """Writes that ``actor`` was shown the customer with this reference; False when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO billing_accessread {_COLUMNS} "  # noqa: S608 (columns written above)
            "SELECT %s, %s, %s, %s, %s, c.id, '', %s FROM billing_customer c WHERE c.reference = %s",
            [now, actor.ref, actor.name, kind, screen[:40], request_id, reference[:24]],
        )
        return bool(cursor.rowcount)


@service("audit")
def note_export(*, screen: str, filters: str, actor: Actor, request_id: str, now: datetime) -> None:
    """Writes that ``actor`` took a list with customers' names out of the desk; ``filters`` are names only."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO billing_accessread {_COLUMNS} "  # noqa: S608 (columns written above)
            "VALUES (%s, %s, %s, %s, %s, NULL, %s, %s)",
            [now, actor.ref, actor.name, ReadKind.EXPORT, screen[:40], filters[:200], request_id],
        )
