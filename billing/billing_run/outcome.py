"""What renewing a batch came to. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Outcome", "Renew", "Sums", "add_sums", "sum_up"]

#: By currency: how many invoices, and their net, tax and total in minor units.
type Sums = dict[str, dict[str, int]]

FIGURES = ("invoices", "net_minor", "tax_minor", "total_minor")


@dataclass(slots=True)
class Outcome:
    """Of one batch. ``again`` are those whose next period has ended as well; ``failures`` say by
    subscription why nothing was written for it."""

    renewed: int = 0
    ended: int = 0
    again: int = 0
    sums: Sums = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)

    @property
    def invoices(self) -> int:
        return sum(each["invoices"] for each in self.sums.values())

    @property
    def done(self) -> int:
        return self.renewed + self.ended + len(self.failures)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.renewed + other.renewed,
            self.ended + other.ended,
            self.again + other.again,
            add_sums(self.sums, other.sums),
            {**self.failures, **other.failures},
        )


#: Renews locked subscriptions in the caller's transaction: `renew(rows, until=, actor=, now=)`.
type Renew = Callable[..., Outcome]


def sum_up(invoices: Sequence[Any]) -> Sums:
    """The sums of invoices, or of anything with a currency, net_minor, tax_minor and total_minor."""
    sums: Sums = {}
    for each in invoices:
        row = sums.setdefault(each.currency, dict.fromkeys(FIGURES, 0))
        row["invoices"] += 1
        row["net_minor"] += each.net_minor
        row["tax_minor"] += each.tax_minor
        row["total_minor"] += each.total_minor
    return sums


def add_sums(one: Mapping[str, Mapping[str, int]], other: Mapping[str, Mapping[str, int]]) -> Sums:
    """Both together."""
    return {
        currency: {
            name: one.get(currency, {}).get(name, 0) + other.get(currency, {}).get(name, 0)
            for name in FIGURES
        }
        for currency in sorted({*one, *other})
    }
