"""Monthly recurring revenue and what moved it, month by month, in one currency."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from billing.periods import add_months
from reports.overview.spans import Span

__all__ = ["KINDS", "MonthOfMrr", "SpanOfMrr", "movements", "mrr_on"]

#: in the order in which they are drawn and read
KINDS = ("new", "expansion", "reactivation", "contraction", "churn")


@dataclass(frozen=True, slots=True)
class MonthOfMrr:
    """Opening + what moved = closing, minor units a month."""

    month: date
    opening: int
    by_kind: dict[str, int]

    @property
    def net(self) -> int:
        return sum(self.by_kind.values())

    @property
    def closing(self) -> int:
        return self.opening + self.net


@dataclass(frozen=True, slots=True)
class SpanOfMrr:
    """The movements of the span itself, which its legend tells and its rows add up to."""

    first: date
    last: date
    by_kind: dict[str, int]

    @property
    def net(self) -> int:
        return sum(self.by_kind.values())


def mrr_on(days: list[date], currency: str) -> list[int]:
    """MRR at the end of each day: the sum of all movements up to it. One question."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(m.amount_minor), 0) FROM unnest(%s::date[]) WITH ORDINALITY AS d(day, n) "
            "LEFT JOIN (SELECT day, sum(amount_minor) AS amount_minor FROM billing_mrrmovement "
            "WHERE currency = %s GROUP BY day) m ON m.day <= d.day GROUP BY d.n ORDER BY d.n",
            [days, currency],
        )
        return [int(minor) for (minor,) in cursor.fetchall()]


def movements(span: Span, currency: str) -> tuple[list[MonthOfMrr], SpanOfMrr]:
    """The span's twelve months, and the span itself. Two questions."""
    months = span.months
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('month', day)::date, kind, sum(amount_minor), "
            "coalesce(sum(amount_minor) FILTER (WHERE day >= %s), 0) FROM billing_mrrmovement "
            "WHERE currency = %s AND day BETWEEN %s AND %s GROUP BY 1, 2",
            [span.first, currency, min(months[0], span.first), span.last],
        )
        rows = cursor.fetchall()
    moved = {(month, kind): int(minor) for month, kind, minor, _ in rows}
    here = dict.fromkeys(KINDS, 0)
    for _, kind, _, minor in rows:
        here[kind] += int(minor)
    opening = mrr_on([months[0] - timedelta(days=1)], currency)[0]
    found = []
    for month in months:
        by_kind = {kind: moved.get((month, kind), 0) for kind in KINDS}
        found.append(MonthOfMrr(month, opening, by_kind))
        opening = found[-1].closing
    return found, SpanOfMrr(span.first, span.last, here)


def month_ends(span: Span) -> list[date]:
    """The last day of each of the twelve months, the newest as far as the span goes."""
    return [min(span.last, add_months(month, 1) - timedelta(days=1)) for month in span.months]
