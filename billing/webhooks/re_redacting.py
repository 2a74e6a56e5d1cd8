"""Redacting again what is stored: by today's allow list and today's rules."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from billing.logs import add_facts, service
from billing.redaction import redact_text
from billing.webhooks.allowlist.reading import as_read
from billing.webhooks.models import WebhookEvent

BATCH = 500
#: Facts of an event that are texts of the gateway. Its id and object stay: they are what it is known by.
ROWS = """
SELECT e.id, p.received_at, e.source, e.object_kind, e.error, p.body
FROM billing_webhookevent e LEFT JOIN billing_webhookpayload p ON p.event_id = e.id
WHERE e.id > %s ORDER BY e.id LIMIT %s FOR UPDATE OF e
"""


@dataclass(frozen=True, slots=True)
class Redacted:
    """One batch: how many events were looked at, how many changed, and the id to go on from."""

    seen: int
    changed: int
    last: int


@service("webhooks")
def redact_batch(*, after: int, size: int = BATCH, dry_run: bool = False) -> Redacted:
    """Redacts the contents and errors of the next events after this id, in one transaction. Going on from
    ``last`` until nothing is seen redacts all; a run that was stopped goes on from where it was."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ROWS, [after, size])
        rows = cursor.fetchall()
        bodies, errors = [], []
        for pk, received_at, source, kind, error, written in rows:
            body = json.loads(written) if isinstance(written, str) else written
            clean = as_read(source, kind, body) if body is not None else None
            if clean != body:
                bodies.append((json.dumps(clean), pk, received_at))
            if redact_text(error) != error:
                errors.append((redact_text(error)[:500], pk))
        if not dry_run:
            cursor.executemany(
                "UPDATE billing_webhookpayload SET body = %s::jsonb WHERE event_id = %s AND received_at = %s",
                bodies,
            )
            cursor.executemany("UPDATE billing_webhookevent SET error = %s WHERE id = %s", errors)
    changed = len({each[1] for each in bodies} | {each[1] for each in errors})
    add_facts(seen=len(rows), changed=changed, dry_run=dry_run)
    return Redacted(len(rows), changed, rows[-1][0] if rows else after)


def redact_stored(*, after: int = 0, size: int = BATCH, dry_run: bool = False) -> Iterator[Redacted]:
    """Batch after batch until the events that there are now have been seen."""
    newest = WebhookEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    while after < newest:
        done = redact_batch(after=after, size=size, dry_run=dry_run)
        if not done.seen:
            return
        yield done
        after = done.last
