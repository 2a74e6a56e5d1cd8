"""The money of a billing run as its page shows it: by currency, by day, and beside last month's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.billing_run.queries import Told
from billing.jobs.models import Run
from billing.money import Money
from billing.periods import add_months
from dashboard.actions.related import link

DAYS = 62


@dataclass(frozen=True, slots=True)
class Currency:
    """One line of the table. ``before`` is None where there is nothing to compare with."""

    code: str
    invoices: int
    net: Money
    tax: Money
    total: Money
    before: Money | None = None
    before_invoices: int = 0

    @property
    def difference(self) -> Money | None:
        return None if self.before is None else self.total - self.before

    @property
    def is_more(self) -> bool:
        return self.before is not None and self.total.minor > self.before.minor


@dataclass(frozen=True, slots=True)
class Difference:
    """A subscription whose invoice would differ from its last one."""

    reference: str
    url: str
    before: Money
    total: Money
    why: str

    @property
    def difference(self) -> Money:
        return self.total - self.before


WHY = {
    "changed": "The plan changes",
    "converted": "The trial is over",
    "renewed": "Other lines than last time",
}
NOTHING = {"invoices": 0, "net_minor": 0, "tax_minor": 0, "total_minor": 0}


def of_told(told: Told) -> list[Currency]:
    """What a run wrote."""
    return [_currency(code, row) for code, row in sorted(told.sums.items())]


def of_dry(run: Run) -> list[Currency]:
    """What a dry run found, beside what was billed on the same days a month before."""
    now: Mapping[str, Any] = run.result.get("sums", {})
    before: Mapping[str, Any] = run.result.get("before", {})
    return [
        _currency(code, now.get(code, NOTHING), before.get(code, NOTHING)) for code in sorted({*now, *before})
    ]


def _currency(code: str, row: Mapping[str, int], before: Mapping[str, int] | None = None) -> Currency:
    return Currency(
        code,
        row["invoices"],
        Money(row["net_minor"], code),
        Money(row["tax_minor"], code),
        Money(row["total_minor"], code),
        None if before is None else Money(before["total_minor"], code),
        0 if before is None else before["invoices"],
    )


def month_before(run: Run) -> tuple[date, date] | None:
    """The days that a dry run compares with."""
    if "from" not in run.result:
        return None
    first, last = date.fromisoformat(run.result["from"]), date.fromisoformat(run.asked["until"][:10])
    return add_months(first, -1), add_months(last, -1)


def differences(run: Run, user: Any) -> list[Difference]:
    """The largest first."""
    return [
        Difference(
            each["subscription"],
            link("subscriptions:show", each["subscription"], user, "subscriptions.view"),
            Money(each["before_minor"], each["currency"]),
            Money(each["total_minor"], each["currency"]),
            WHY.get(each["what"], ""),
        )
        for each in run.result.get("differences", [])
    ]


def days(run: Run) -> list[tuple[date, list[Money]]]:
    """What would be invoiced on each day, the first two months of them."""
    found = list(run.result.get("days", {}).items())[:DAYS]
    return [
        (date.fromisoformat(day), [Money(minor, code) for code, minor in sorted(row.items())])
        for day, row in found
    ]
