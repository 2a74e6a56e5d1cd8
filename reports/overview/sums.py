"""What the figures are made of, for many stretches of days: daily totals and the rows that came since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from billing.rollups.queries import DayFigure, by_day
from billing.rollups.sources import CASH, DISPUTES, PAYMENTS, REFUNDS_OF_CAPTURED, TRIES

__all__ = ["NEWEST", "Sums", "sums"]

type Days = tuple[date, date]

#: of a stretch's messages of gateways no more than so many are looked at, the newest
NEWEST = 500
MEASURES = {
    CASH: ["cash.payment", "cash.refund"],
    REFUNDS_OF_CAPTURED: ["refunds.of_captured"],
    PAYMENTS: ["payments.succeeded", "payments.failed"],
    TRIES: ["tries.declined", "tries.recovered"],
    DISPUTES: ["disputes.opened"],
}


@dataclass(frozen=True, slots=True)
class Sums:
    """One stretch of days, in one currency (webhooks in all); minor units where it is money, else counts."""

    captured: int
    refunded: int
    refunded_of_these: int
    succeeded: int
    failed: int
    declined: int
    recovered: int
    disputed: int
    webhooks_done: int
    webhooks_all: int
    webhook_delay_ms: int | None


def sums(stretches: Sequence[Days], currency: str) -> list[Sums]:
    """The same number of questions, however many stretches and rows."""
    first, last = min(a for a, _ in stretches), max(b for _, b in stretches)
    found: dict[str, list[DayFigure]] = {}
    for source, measures in MEASURES.items():
        for figure in by_day(source, measures, first, last):
            if figure.currency == currency:
                found.setdefault(figure.measure, []).append(figure)

    def amount(measure: str, days: Days) -> int:
        return sum(f.amount_minor for f in found.get(measure, ()) if days[0] <= f.day <= days[1])

    def count(measure: str, days: Days) -> int:
        return sum(f.count for f in found.get(measure, ()) if days[0] <= f.day <= days[1])

    return [
        Sums(
            captured=amount("cash.payment", days),
            refunded=-amount("cash.refund", days),
            refunded_of_these=amount("refunds.of_captured", days),
            succeeded=count("payments.succeeded", days),
            failed=count("payments.failed", days),
            declined=count("tries.declined", days),
            recovered=count("tries.recovered", days),
            disputed=count("disputes.opened", days),
            webhooks_done=done,
            webhooks_all=received,
            webhook_delay_ms=delay,
        )
        for days, (done, received, delay) in zip(stretches, _webhooks(stretches), strict=True)
    ]


def _webhooks(stretches: Sequence[Days]) -> list[tuple[int, int, int | None]]:
    with connection.cursor() as cursor:
        cursor.execute(WEBHOOKS, [[a for a, _ in stretches], [b for _, b in stretches], NEWEST])
        return [(int(done), int(received), delay) for _, done, received, delay in cursor.fetchall()]


WEBHOOKS = """
SELECT s.n, count(*) FILTER (WHERE w.state IN ('processed', 'ignored')), count(w.id),
       round(1000 * percentile_cont(0.95) WITHIN GROUP (
           ORDER BY extract(epoch FROM w.processed_at - w.received_at))
           FILTER (WHERE w.state IN ('processed', 'ignored')))::bigint
FROM unnest(%s::date[], %s::date[]) WITH ORDINALITY AS s(first, last, n)
LEFT JOIN LATERAL (
    SELECT id, state, received_at, processed_at FROM billing_webhookevent
    WHERE received_at >= s.first::timestamp AT TIME ZONE 'UTC'
      AND received_at < (s.last + 1)::timestamp AT TIME ZONE 'UTC'
    ORDER BY received_at DESC, id DESC LIMIT %s
) w ON w.state NOT IN ('received', 'processing')
GROUP BY s.n ORDER BY s.n
"""
