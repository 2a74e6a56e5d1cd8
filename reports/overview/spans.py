"""The stretch of days that figures are about, the one they are held against, and twelve months of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from billing.periods import add_months

__all__ = ["SPANS", "Span", "span_named"]

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` to ``last``, both included, against those from ``before_first`` to ``before_last``.

    Days are those of UTC, as in the books; ``months`` are twelve months up to the one of ``last``.
    """

    key: str
    label: str
    against: str
    first: date
    last: date
    before_first: date
    before_last: date

    @property
    def months(self) -> list[date]:
        newest = self.last.replace(day=1)
        return [add_months(newest, -n) for n in range(MONTHS - 1, -1, -1)]

    @property
    def is_to_date(self) -> bool:
        """Whether its last month is not over."""
        return (self.last + timedelta(days=1)).day != 1

    def stretches(self) -> list[tuple[date, date]]:
        """This span, the one before, then each of the twelve months as far as the span goes."""
        ends = [min(self.last, add_months(month, 1) - timedelta(days=1)) for month in self.months]
        return [
            (self.first, self.last),
            (self.before_first, self.before_last),
            *zip(self.months, ends, strict=True),
        ]


def month_to_date(today: date) -> Span:
    first = today.replace(day=1)
    before = add_months(first, -1)
    # On the 31st a shorter month is compared as a whole.
    before_last = min(before + (today - first), first - timedelta(days=1))
    return Span(
        "month", f"{today:%B} to date", f"against {before:%B}, same days", first, today, before,
        before_last,
    )  # fmt: skip


def last_month(today: date) -> Span:
    first = add_months(today.replace(day=1), -1)
    before = add_months(first, -1)
    return Span(
        "last", f"{first:%B %Y}", f"against {before:%B %Y}", first, today.replace(day=1) - timedelta(days=1),
        before, first - timedelta(days=1),
    )  # fmt: skip


def thirty_days(today: date) -> Span:
    first = today - timedelta(days=29)
    return Span(
        "30d", "Last 30 days", "against the 30 days before", first, today, first - timedelta(days=30),
        first - timedelta(days=1),
    )  # fmt: skip


SPANS: dict[str, tuple[str, Callable[[date], Span]]] = {
    "month": ("This month to date", month_to_date),
    "30d": ("Last 30 days", thirty_days),
    "last": ("Last month", last_month),
}


def span_named(key: str, today: date) -> Span:
    """The span of that key; an unknown key gives the month to date."""
    return SPANS.get(key, SPANS["month"])[1](today)
