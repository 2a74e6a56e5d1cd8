"""Who is at which events: leases on batches, and the locks that keep one object with one worker.

Claims are made one after another (a lock of a few milliseconds), so that each sees those before it. A worker
gets the oldest due events whose objects nobody is at, and of each such object its earliest events first,
however late they came. While one is at an object, no other gets any event of it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from billing.history.keeping import lock_ids
from billing.webhooks import rules
from billing.webhooks.models import WebhookEvent

BATCH = 50


class LeaseLost(Exception):
    """Somebody else has taken the event over: whatever was done to it has to be taken back."""


#: Whose turn it is to claim.
TURN = "SELECT pg_advisory_xact_lock(hashtext('billing_webhook_claims'))"

CLAIM = """
WITH busy AS MATERIALIZED (
    SELECT source, object_id FROM billing_webhookevent
    WHERE state = 'processing' AND due_at > %(now)s AND object_id > ''
), near AS MATERIALIZED (
    SELECT id, source, object_id, happened_at FROM billing_webhookevent
    WHERE due_at <= %(now)s AND (source, object_id) NOT IN (SELECT source, object_id FROM busy)
    ORDER BY due_at, id LIMIT %(most)s
), chosen AS MATERIALIZED (
    SELECT id, source, object_id, happened_at FROM (
        SELECT id, source, object_id, happened_at FROM near WHERE object_id = ''
        UNION ALL
        SELECT first.* FROM (SELECT DISTINCT source, object_id FROM near WHERE object_id > '') AS object
        CROSS JOIN LATERAL (
            SELECT id, source, object_id, happened_at FROM billing_webhookevent AS e
            WHERE e.source = object.source AND e.object_id = object.object_id AND e.due_at <= %(now)s
            ORDER BY e.happened_at, e.id LIMIT %(most)s
        ) AS first
    ) AS all_of_them
    ORDER BY happened_at, id LIMIT %(most)s
), held AS MATERIALIZED (
    SELECT e.id FROM billing_webhookevent AS e
    WHERE e.id IN (SELECT id FROM chosen) AND e.due_at <= %(now)s
    FOR UPDATE SKIP LOCKED
), ours AS MATERIALIZED (
    SELECT id FROM held WHERE NOT EXISTS (
        SELECT FROM chosen AS mine JOIN chosen AS before
          ON before.source = mine.source AND before.object_id = mine.object_id AND mine.object_id > ''
         AND (before.happened_at, before.id) < (mine.happened_at, mine.id)
        WHERE mine.id = held.id AND before.id NOT IN (SELECT id FROM held)
    )
), lost AS (
    INSERT INTO billing_webhookattempt
        (event_id, number, kind, state, started_at, ended_at, error, worker, actor_ref, actor_name, reason)
    SELECT id, attempts, CASE attempts WHEN 1 THEN 'first' ELSE 'retry' END, 'failed',
        coalesce(processed_at, received_at), %(now)s, 'The worker that was at this event was lost.',
        '', '', '', ''
    FROM billing_webhookevent WHERE id IN (SELECT id FROM ours) AND state = 'processing' AND attempts > 0
    ON CONFLICT DO NOTHING
)
UPDATE billing_webhookevent AS e
SET state = 'processing', attempts = attempts + 1, processed_at = %(now)s, due_at = %(until)s
WHERE id IN (SELECT id FROM ours)
RETURNING id
"""


def claim(*, now: datetime, most: int = BATCH) -> list[WebhookEvent]:
    """Leases the next events to the caller, in the order in which they are to be done. Commits."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TURN)
        cursor.execute(CLAIM, {"now": now, "most": most, "until": now + rules.LEASE})
        ids = [pk for (pk,) in cursor.fetchall()]
    return _in_order(WebhookEvent.objects.filter(pk__in=ids).order_by("happened_at", "pk")) if ids else []


def _in_order(found: Iterable[WebhookEvent]) -> list[WebhookEvent]:
    """By the object's own time, and one customer after another: what an event records locks its customer, and
    workers that lock them in one order never wait for each other in a ring."""
    events = list(found)
    customers: dict[tuple[str, str], str] = {}
    for event in events:
        key = (event.source, event.object_id)
        customers[key] = max(customers.get(key, ""), event.customer_gateway_id)
    return sorted(events, key=lambda event: (event.source, customers[event.source, event.object_id]))


def renew(events: Iterable[WebhookEvent], *, now: datetime) -> None:
    """Makes the leases last from now; those that somebody else has by now are left alone."""
    _set_due(events, now + rules.LEASE)


def give_back(events: Iterable[WebhookEvent], *, now: datetime) -> None:
    """Lets any worker take them at once."""
    _set_due(events, now)


def _set_due(events: Iterable[WebhookEvent], due_at: datetime) -> None:
    held = [(event.pk, event.attempts) for event in events]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_webhookevent AS e SET due_at = %s "
            "FROM unnest(%s::bigint[], %s::int[]) AS held (id, attempts) "
            "WHERE e.id = held.id AND e.attempts = held.attempts AND e.state = 'processing'",
            [due_at, [pk for pk, _ in held], [attempts for _, attempts in held]],
        )


def hold_objects(events: Iterable[WebhookEvent]) -> None:
    """Inside a transaction: nobody else is at these objects until it ends.

    The events' own rows stay free meanwhile, so that a message that comes again at the door need not wait.
    """
    held = {(event.source, event.object_id or f"event:{event.event_id}") for event in events}
    for source in sorted({source for source, _ in held}):
        lock_ids("webhook_object", source, [name for which, name in held if which == source])


def still_ours(events: Sequence[WebhookEvent]) -> set[int]:
    """Inside the transaction of the effects: holds the objects; gives the events that nobody took over.

    The attempt's number is the fence: whoever claims an event anew raises it. `outcomes.write` asks once more
    at the end.
    """
    hold_objects(events)
    ours = {event.pk: event.attempts for event in events}
    rows = WebhookEvent.objects.filter(pk__in=ours, state="processing").values_list("pk", "attempts")
    return {pk for pk, attempts in rows if ours[pk] == attempts}
