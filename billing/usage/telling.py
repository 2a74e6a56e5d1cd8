"""Telling customers that they near the end of a quota, or are at it."""

from datetime import UTC, datetime

from django.db import transaction

from billing.catalog.models import Meter
from billing.history.actors import Actor
from billing.logs import add_facts, service
from billing.messages import services as messages
from billing.messages.words import Credits, Value
from billing.usage import rules
from billing.usage.models import Span, UsageThreshold

__all__ = ["tell_thresholds", "threshold_facts"]

BATCH = 500


@service("usage")
def tell_thresholds(*, actor: Actor, now: datetime, most: int = 10_000) -> int:
    """Writes to those who passed a share of a quota since, once for each share and stretch; says how many.

    The row was written with the event that passed it, so nobody is missed; what is told and its message are
    one transaction, so nobody is told twice. Of two shares passed at once only the larger is told, and of a
    stretch that is over nothing.
    """
    done = 0
    for _ in range(max(1, most // BATCH)):
        with transaction.atomic():
            found = list(
                UsageThreshold.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(told_at=None)
                .select_related("meter")
                .order_by("pk")[:BATCH]
            )
            done += _tell(found, actor, now)
            UsageThreshold.objects.filter(pk__in=[each.pk for each in found]).update(told_at=now)
        if len(found) < BATCH:
            break
    add_facts(messages=done)
    return done


def threshold_facts(passed: UsageThreshold, meter: Meter) -> dict[str, Value]:
    """The facts of "usage_threshold"."""
    renews = None
    if passed.span != Span.PERIOD:
        renews = rules.next_start(passed.span, passed.starts_at.astimezone(UTC)).date()
    return {
        "percent": f"{passed.percent} %",
        "limit": Credits(passed.limit, meter.unit),
        "meter": meter.name,
        "renews_on": renews,
    }


def _tell(found: list[UsageThreshold], actor: Actor, now: datetime) -> int:
    largest: dict[tuple[object, ...], UsageThreshold] = {}
    for each in found:
        place = (each.customer_id, each.meter_id, each.span, each.starts_at)
        if place not in largest or each.percent > largest[place].percent:
            largest[place] = each
    told = 0
    for each in largest.values():
        if each.span != Span.PERIOD and rules.next_start(each.span, each.starts_at.astimezone(UTC)) <= now:
            continue
        messages.write(
            kind="usage_threshold",
            customer_id=each.customer_id,
            facts=threshold_facts(each, each.meter),
            cause=f"usage:{each.pk}",
            label=each.meter.name,
            actor=actor,
            now=now,
        )
        told += 1
    return told
