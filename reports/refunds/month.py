"""The refunds of a month, held against the ledger: what went out, what came back, and where the two differ.

**Went out** is every refund that a gateway or our bank had paid in the month (``succeeded_at``), whatever
became of it later; **came back** is every refund that failed in the month after it had been paid
(``failed_at``). The ledger's side is what postings of refunds took out of gateway clearing and the bank on
days of the month, and what their reversals put back. Both are summed refund by refund, so that a difference
names the refunds that make it. Store credit is no money that moved, and stands in credit notes instead.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from billing.money import Money
from billing.periods import Period, month_period

__all__ = ["Group", "InCurrency", "Line", "lines_of", "refunds_of"]

SHOWN = 50

#: Each refund that moved money in the month by its own row or by the ledger, in one of them or in both.
BOTH = """
    WITH told AS (
        SELECT id AS refund_id, currency,
            CASE WHEN succeeded_at >= %(start)s AND succeeded_at < %(end)s
                THEN amount_minor ELSE 0 END AS out,
            CASE WHEN failed_at >= %(start)s AND failed_at < %(end)s AND succeeded_at IS NOT NULL
                THEN amount_minor ELSE 0 END AS back
        FROM billing_refund
        WHERE succeeded_at >= %(start)s AND succeeded_at < %(end)s
           OR failed_at >= %(start)s AND failed_at < %(end)s AND succeeded_at IS NOT NULL
    ), booked AS (
        SELECT coalesce(p.subject_id, o.subject_id) AS refund_id, l.currency,
            -coalesce(sum(l.amount_minor) FILTER (WHERE l.amount_minor < 0), 0) AS out,
            coalesce(sum(l.amount_minor) FILTER (WHERE l.amount_minor > 0), 0) AS back
        FROM billing_postingline l
        JOIN billing_posting p ON p.id = l.posting_id
        LEFT JOIN billing_posting o ON o.id = p.reverses_id
        WHERE l.account IN ('gateway_clearing', 'bank') AND p.fact LIKE 'refund.%%'
          AND l.day >= %(first)s AND l.day < %(after)s
        GROUP BY 1, 2
    )
    SELECT refund_id, currency, coalesce(t.out, 0) AS out, coalesce(t.back, 0) AS back,
        coalesce(b.out, 0) AS booked_out, coalesce(b.back, 0) AS booked_back
    FROM told t FULL JOIN booked b USING (refund_id, currency)
"""


@dataclass(frozen=True, slots=True)
class Group:
    """The refunds of one reason in one state (as it is now): how many, what went out, what came back."""

    reason: str
    state: str
    count: int
    out: Money
    back: Money


@dataclass(frozen=True, slots=True)
class Line:
    """One refund with both sides. ``booked`` and ``net`` are what went out less what came back."""

    reference: str
    customer: str
    reason: str
    state: str
    out: Money
    back: Money
    booked: Money

    @property
    def net(self) -> Money:
        return self.out - self.back

    @property
    def difference(self) -> Money:
        return self.net - self.booked


@dataclass(frozen=True, slots=True)
class InCurrency:
    """One currency of the month. ``apart`` are the refunds whose two sides differ, the first of them."""

    currency: str
    groups: tuple[Group, ...]
    out: Money
    back: Money
    booked_out: Money
    booked_back: Money
    differing: int
    apart: tuple[Line, ...]

    @property
    def net(self) -> Money:
        return self.out - self.back

    @property
    def booked(self) -> Money:
        return self.booked_out - self.booked_back

    @property
    def difference(self) -> Money:
        return self.net - self.booked

    @property
    def ties(self) -> bool:
        """To the cent, and refund by refund: two errors that cancel each other out do not tie."""
        return not self.differing and self.difference.is_zero


def refunds_of(month: date) -> list[InCurrency]:
    """The month by currency; three queries. ``month`` is any day of it, in UTC."""
    params = _params(month)
    groups: dict[str, list[Group]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT x.currency, r.reason, r.state, count(*), sum(x.out), sum(x.back)
            FROM ({BOTH}) x JOIN billing_refund r ON r.id = x.refund_id
            WHERE x.out > 0 OR x.back > 0
            GROUP BY 1, 2, 3 ORDER BY 1, 5 DESC, 2, 3""",  # noqa: S608 (no value from outside)
            params,
        )
        for code, reason, state, count, out, back in cursor.fetchall():
            group = Group(reason, state, count, Money(int(out), code), Money(int(back), code))
            groups.setdefault(code, []).append(group)
        cursor.execute(
            f"""
            SELECT currency, sum(out), sum(back), sum(booked_out), sum(booked_back),
                count(*) FILTER (WHERE out <> booked_out OR back <> booked_back)
            FROM ({BOTH}) x GROUP BY 1 ORDER BY 1""",  # noqa: S608 (no value from outside)
            params,
        )
        sums = cursor.fetchall()
    apart = list(lines_of(month, apart=True, most=SHOWN)) if any(row[5] for row in sums) else []
    return [
        InCurrency(
            currency=code,
            groups=tuple(groups.get(code, ())),
            out=Money(int(out), code),
            back=Money(int(back), code),
            booked_out=Money(int(booked_out), code),
            booked_back=Money(int(booked_back), code),
            differing=differing,
            apart=tuple(each for each in apart if each.out.currency == code),
        )
        for code, out, back, booked_out, booked_back, differing in sums
    ]


def lines_of(month: date, *, apart: bool = False, most: int | None = None) -> list[Line]:
    """Every refund of the month with both sides, by reference; with ``apart`` those that differ only."""
    where = "WHERE x.out <> x.booked_out OR x.back <> x.booked_back" if apart else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT coalesce(r.reference, 'no refund'), coalesce(c.reference, ''), coalesce(r.reason, ''),
                coalesce(r.state, ''), x.currency, x.out, x.back, x.booked_out - x.booked_back
            FROM ({BOTH}) x LEFT JOIN billing_refund r ON r.id = x.refund_id
            LEFT JOIN billing_customer c ON c.id = r.customer_id
            {where} ORDER BY x.currency, 1 {f"LIMIT {int(most)}" if most else ""}""",  # noqa: S608 (no value from outside)
            _params(month),
        )
        return [
            Line(
                reference=reference,
                customer=customer,
                reason=reason,
                state=state,
                out=Money(int(out), code),
                back=Money(int(back), code),
                booked=Money(int(booked), code),
            )
            for reference, customer, reason, state, code, out, back, booked in cursor.fetchall()
        ]


def _params(month: date) -> dict[str, datetime | date]:
    period: Period = month_period(month)
    return {
        "start": period.start,
        "end": period.end,
        "first": period.start.date(),
        "after": period.end.date(),
    }
