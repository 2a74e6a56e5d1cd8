"""Telling a gateway that bills by usage what was used: promised first, sent outside of any transaction, once.

An event is promised by a row whose identifier is made of the event's own key; the call carries it, so that a
repeat, after a crash or a time-out, is the same event there. Identifiers are remembered for a day: what is
not known to have arrived by then is given up and shown, never sent again blindly.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from billing.catalog.terms import known_meter
from billing.errors import Conflict, InvalidInput
from billing.gateways.errors import Declined, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.pacing import may_call
from billing.gateways.registry import metered_named
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, note_odd, service
from billing.notifications import services as alerts
from billing.usage.push_models import GatewayMeter, MeterPush

__all__ = ["ALERT", "map_meter", "promise_pushes", "push_due", "unmap_meter"]

ALERT = "usage.push_given_up"
#: What is told later than this is taken by no gateway.
OLDEST = timedelta(days=35) - timedelta(hours=1)
#: For so long a gateway knows an identifier again.
REMEMBERED = timedelta(hours=24)
#: Transactions that write events are shorter than this.
OVERLAP = timedelta(hours=1)
FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=2)
BATCH, A_SECOND = 200, 20
PROMISE = """
    INSERT INTO billing_meterpush (event_id, gateway_meter_id, customer_gateway_id, identifier, promised_at,
        due_at, tries, accepted_id, error)
    SELECT e.id, g.id, c.gateway_id, left('usage-' || e.id || '-' || e.key, 100), %(now)s, %(now)s, 0, '', ''
    FROM billing_gatewaymeter g
    JOIN billing_usageevent e ON e.meter_id = g.meter_id
        AND e.received_at >= greatest(g.since, g.looked_until - %(overlap)s)
    JOIN billing_customer c ON c.id = e.customer_id AND c.gateway = g.gateway AND c.gateway_id <> ''
    WHERE g.id = %(meter)s
      AND EXISTS (SELECT 1 FROM billing_subscription s WHERE s.customer_id = c.id
        AND s.collected_by = 'gateway' AND s.gateway = g.gateway
        AND s.state IN ('trialing', 'active', 'past_due', 'unpaid'))
      AND NOT EXISTS (SELECT 1 FROM billing_meterpush p WHERE p.event_id = e.id)
    ORDER BY e.received_at, e.id LIMIT %(limit)s
    ON CONFLICT DO NOTHING
"""


@service("usage")
@transaction.atomic
def map_meter(
    *, meter: str, gateway: str, event_name: str, reason: str, actor: Actor, now: datetime
) -> GatewayMeter:
    """From now on events of a meter are pushed to a gateway, under the name that they carry there, for the
    customers whose subscription it collects. Raises `InvalidInput` without a name, `Conflict` for a meter
    that is pushed there already."""
    found, name = known_meter(meter), event_name.strip()
    if not name or len(name) > 100:
        raise InvalidInput(
            "event_name_missing", "Event name: 1 to 100 characters, as its meter has it.", field="event_name"
        )
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why, for whoever reads it later.", field="reason")
    metered_named(gateway)
    if GatewayMeter.objects.filter(meter=found, gateway=gateway, ended_at=None).exists():
        raise Conflict("meter_is_pushed", f"{found.name} is pushed there already. Stop that first.")
    row = GatewayMeter.objects.create(
        meter=found, gateway=gateway, event_name=name, since=now, looked_until=now
    )
    record(row, "mapped", actor=actor, now=now, reason=reason.strip(), meter=meter, event_name=name)
    return row


@service("usage")
@transaction.atomic
def unmap_meter(*, gateway_meter_id: int, reason: str, actor: Actor, now: datetime) -> GatewayMeter:
    """Promises no more of it; what is promised is still sent. Again changes nothing."""
    if not reason.strip():
        raise InvalidInput("reason_missing", "Reason: say why, for whoever reads it later.", field="reason")
    row = GatewayMeter.objects.select_for_update().get(pk=gateway_meter_id)
    if row.ended_at is None:
        row.ended_at = now
        row.save(update_fields=["ended_at"])
        record(row, "unmapped", actor=actor, now=now, reason=reason.strip())
    return row


@service("usage")
def promise_pushes(*, now: datetime, limit: int = 5_000) -> int:
    """Writes a row for each event that is to be pushed and has none; gives how many."""
    promised = 0
    for row in GatewayMeter.objects.filter(ended_at=None).order_by("pk"):
        with transaction.atomic(), connection.cursor() as cursor:
            told: dict[str, Any] = {"now": now, "overlap": OVERLAP, "meter": row.pk, "limit": limit}
            cursor.execute(PROMISE, told)
            promised += cursor.rowcount
            if cursor.rowcount < limit:
                GatewayMeter.objects.filter(pk=row.pk, looked_until__lt=now).update(looked_until=now)
    add_facts(promised=promised)
    return promised


@service("usage")
def push_due(*, now: datetime, limit: int = BATCH) -> int:
    """Sends promised events whose time has come, as fast as the gateways are called; gives how many arrived.

    Any number of workers at once. One that dies in the middle leaves its rows due again in a minute. Not to
    be called inside a transaction.
    """
    arrived = 0
    gateways = GatewayMeter.objects.order_by("gateway").values_list("gateway", flat=True).distinct()
    for gateway in gateways:
        while limit > 0:
            waiting = len(_due(gateway, now).values_list("pk")[: min(limit, A_SECOND)])
            granted = may_call(gateway, a_second=A_SECOND, wanted=waiting) if waiting else None
            if granted is None:
                break
            rows = _take(gateway, granted.calls, now) if granted.calls else []
            if not rows:
                break
            limit -= len(rows)
            sent = _send(gateway, rows, now)
            arrived += sent
            if sent < len(rows):
                break
    add_facts(arrived=arrived)
    return arrived


def _due(gateway: str, now: datetime) -> QuerySet[MeterPush]:
    return MeterPush.objects.filter(due_at__lte=now, gateway_meter__gateway=gateway)


@transaction.atomic
def _take(gateway: str, limit: int, now: datetime) -> list[MeterPush]:
    """Due rows, each due again later: whoever took them sends them, or dies and another does."""
    rows = list(
        _due(gateway, now)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("event", "gateway_meter")
        .order_by("due_at", "pk")[:limit]
    )
    for row in rows:
        row.tries += 1
        row.first_tried_at = row.first_tried_at or now
        row.due_at = now + min(FIRST * 2 ** min(row.tries - 1, 10), LONGEST)
    MeterPush.objects.bulk_update(rows, ["tries", "first_tried_at", "due_at"])
    return rows


def _send(gateway: str, rows: Sequence[MeterPush], now: datetime) -> int:
    arrived = 0
    for row in rows:
        if sentence := _too_late(row, now):
            _give_up(row, sentence, now)
            arrived += 1
            continue
        event = row.event
        try:
            fact = metered_named(gateway).tell_usage(
                row.gateway_meter.event_name,
                row.customer_gateway_id,
                event.quantity,
                identifier=row.identifier,
                at=event.at,
            )
        except (GatewayRefused, Declined) as no:
            _give_up(row, no.message, now)
            arrived += 1
        except (Unreachable, NotSetUp) as trouble:
            # The rest of the batch is due again by itself: a gateway that does not answer is not pressed.
            note_odd("usage.push_unanswered", push=row.identifier, code=trouble.code)
            MeterPush.objects.filter(pk=row.pk, sent_at=None).update(error=trouble.message[:300])
            break
        else:
            MeterPush.objects.filter(pk=row.pk, sent_at=None, given_up_at=None).update(
                sent_at=now, due_at=None, accepted_id=fact.identifier[:100], told_at=fact.at, error=""
            )
            arrived += 1
    return arrived


def _too_late(row: MeterPush, now: datetime) -> str:
    if row.event.at < now - OLDEST:
        return "It happened more than 34 days ago: the gateway takes no usage that old."
    if row.tries > 1 and row.first_tried_at is not None and row.first_tried_at < now - REMEMBERED:
        return "No answer for a day: whether it arrived is not known, and it is not sent again blindly."
    return ""


@transaction.atomic
def _give_up(row: MeterPush, sentence: str, now: datetime) -> None:
    MeterPush.objects.filter(pk=row.pk, sent_at=None, given_up_at=None).update(
        given_up_at=now, due_at=None, error=sentence[:300]
    )
    meter = row.gateway_meter
    count = MeterPush.objects.filter(gateway_meter=meter, given_up_at__isnull=False).count()
    events = "1 event" if count == 1 else f"{count} events"
    alerts.open_alert(
        kind=ALERT,
        key=str(meter.pk),
        sentence=f"{events} of {meter.event_name} could not be pushed to {meter.gateway}: {sentence}",
        now=now,
        facts={"identifier": row.identifier},
    )
