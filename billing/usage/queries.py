"""Reading usage: what a period comes to for its invoice, and what the counters show."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import F, Q

from billing.catalog.models import Meter
from billing.catalog.terms import known_meter
from billing.errors import Refused
from billing.periods import Period
from billing.usage import rules
from billing.usage.models import MeterReport, UsageCounter, UsageEvent, UsageGap, UsageStream

__all__ = [
    "Day",
    "UnknownUsage",
    "by_day",
    "counted",
    "number_of",
    "open_gaps",
    "recorded_between",
    "usage_between",
]

#: How many of the latest events say how far a meter has reported by itself.
LATEST = 200
NUMBERS = {
    "sum": "sum(e.quantity)",
    "count": "count(*)",
    "max": "max(e.quantity)",
    "last": "(array_agg(e.quantity ORDER BY e.at DESC, e.id DESC))[1]",
    "unique": "count(DISTINCT e.value_digest) FILTER (WHERE e.value_digest <> '')",
}
COLUMN = {"sum": "total", "count": "events", "max": "largest", "last": "latest", "unique": "different"}


class UnknownUsage(Refused):
    """What these customers used is not known: it is not zero, and nothing can be billed for it yet."""

    def __init__(self, sentence: str, *, customer_ids: Collection[int], meter: str) -> None:
        self.customer_ids = frozenset(customer_ids)
        super().__init__(
            "usage_unknown",
            sentence,
            retry_helps=True,
            facts={"meter": meter, "customers": sorted(self.customer_ids)[:20]},
        )


def usage_between(customer_ids: Collection[int], meter: str, period: Period) -> dict[int, Decimal]:
    """What each customer used of a meter in a period, in the units that count.

    Whoever used nothing is there with 0, but only where that is known: `UnknownUsage` is raised, naming all
    whose usage is not, when a gap is open in the period or when the meter has not reported past its end.
    Raises `Unknown` for a meter that is not. Four queries, however many customers.
    """
    found = known_meter(meter)
    ids = sorted(set(customer_ids))
    if period.is_empty:
        return dict.fromkeys(ids, Decimal(0))
    unknown = _in_gaps(ids, found, period)
    if unknown:
        raise UnknownUsage(
            f"Usage of {found.name} is not known for a part of {_said(period)}: a gap is open. Close it once "
            "its usage has been reported.",
            customer_ids=unknown,
            meter=meter,
        )
    silent = _not_reported(ids, found, period)
    if silent:
        raise UnknownUsage(
            f"{found.name} has not been reported up to the end of {_said(period)}. Send its usage, or say "
            "that all of it was sent.",
            customer_ids=silent,
            meter=meter,
        )
    numbers = _numbers(ids, found, period)
    return {each: rules.round_units(numbers.get(each, Decimal(0)), found.rounding) for each in ids}


def recorded_between(customer_id: int, meter: Meter, period: Period) -> Decimal:
    """What is recorded of a period by now, in the units that count; more may be told of it, so that it is for
    looking at and never for a bill. One query."""
    return rules.round_units(
        _numbers([customer_id], meter, period).get(customer_id, Decimal(0)), meter.rounding
    )


def _in_gaps(ids: list[int], meter: Meter, period: Period) -> set[int]:
    gaps = UsageGap.objects.filter(
        Q(customer=None) | Q(customer__in=ids),
        meter=meter,
        closed_at=None,
        starts_at__lt=period.end,
        ends_at__gt=period.start,
    )
    found = set(gaps.values_list("customer_id", flat=True))
    return set(ids) if None in found else {each for each in found if each is not None}


def _not_reported(ids: list[int], meter: Meter, period: Period) -> set[int]:
    """Those for whom neither the host's word nor later events of the meter say that nothing is missing."""
    said = MeterReport.objects.filter(meter=meter).values_list("reported_until", flat=True).first()
    if said is not None and said >= period.end:
        return set()
    newest = UsageEvent.objects.filter(meter=meter).order_by("-received_at", "-pk")[:LATEST]
    if any(at >= period.end for at in newest.values_list("at", flat=True)):
        return set()
    streams = UsageStream.objects.filter(meter=meter, customer__in=ids, reported_until__gte=period.end)
    return set(ids) - set(streams.values_list("customer_id", flat=True))


def _numbers(ids: list[int], meter: Meter, period: Period) -> dict[int, Decimal]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.customer_id, {NUMBERS[meter.aggregation]} FROM billing_usageevent e "  # noqa: S608
            "WHERE e.customer_id = ANY(%s) AND e.meter_id = %s AND e.counted_at >= %s AND e.counted_at < %s "
            "GROUP BY 1",
            [ids, meter.pk, period.start, period.end],
        )
        return {customer: Decimal(number) for customer, number in cursor.fetchall()}


def _said(period: Period) -> str:
    return f"{period.start:%Y-%m-%d} to {period.end:%Y-%m-%d}"


def number_of(counter: UsageCounter | None, meter: Meter) -> Decimal:
    """A counter in the units of its meter; 0 where there is none."""
    if counter is None:
        return Decimal(0)
    return rules.round_units(Decimal(getattr(counter, COLUMN[meter.aggregation])), meter.rounding)


def counted(customer_id: int, wanted: Mapping[int, tuple[str, datetime]]) -> dict[int, UsageCounter]:
    """The counters of a customer by meter id, each of the span and start asked for. One query."""
    if not wanted:
        return {}
    which = Q()
    for meter_id, (span, starts_at) in wanted.items():
        which |= Q(meter=meter_id, span=span, starts_at=starts_at)
    return {each.meter_id: each for each in UsageCounter.objects.filter(which, customer=customer_id)}


@dataclass(frozen=True, slots=True)
class Day:
    """One day's number of a meter; 0 where nothing was told of."""

    on: date
    number: Decimal


def by_day(customer_id: int, meters: Collection[Meter], *, first: date, last: date) -> dict[int, list[Day]]:
    """For each meter its days from first to last, all of them, oldest first. One query."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    rows = UsageCounter.objects.filter(
        customer=customer_id,
        meter__in=[each.pk for each in meters],
        span="day",
        starts_at__gte=start,
        starts_at__lt=start + timedelta(days=(last - first).days + 1),
    )
    known = {(each.meter_id, each.starts_at.astimezone(UTC).date()): each for each in rows}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return {
        meter.pk: [Day(day, number_of(known.get((meter.pk, day)), meter)) for day in days] for meter in meters
    }


def open_gaps() -> list[UsageGap]:
    """Gaps that are open, the oldest first; at most a hundred."""
    rows = UsageGap.objects.filter(closed_at=None).select_related("meter", "customer")
    return list(rows.order_by(F("starts_at").asc(), "pk")[:100])
