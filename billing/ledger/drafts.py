"""What a posting is before it is written: lines that sum to zero in every currency."""

from collections.abc import Iterable
from dataclasses import dataclass

from billing.ledger.accounts import Account
from billing.money import Money

__all__ = ["Draft", "Line", "Unbalanced", "credit", "debit", "draft", "reversal"]


class Unbalanced(ValueError):
    """A draft whose lines do not sum to zero per currency: a bug in its builder."""


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a posting; `amount_minor` is positive for a debit and negative for a credit."""

    account: Account
    currency: str
    amount_minor: int

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Draft:
    """One fact to post once: `cause` is unique in the ledger, so posting it again changes nothing."""

    fact: str
    cause: str
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        sums: dict[str, int] = {}
        for line in self.lines:
            sums[line.currency] = sums.get(line.currency, 0) + line.amount_minor
        if any(sums.values()):
            raise Unbalanced(f"{self.cause} does not sum to zero: {sums}")

    @property
    def is_empty(self) -> bool:
        """Nothing to post, as for an invoice of zero."""
        return not self.lines


def debit(account: Account, money: Money) -> Line:
    return Line(account, money.currency, _not_negative(money).minor)


def credit(account: Account, money: Money) -> Line:
    return Line(account, money.currency, -_not_negative(money).minor)


def draft(fact: str, reference: str, *lines: Line) -> Draft:
    """The draft of a fact about `reference`, its cause "fact:reference", lines of zero left out."""
    if not reference.strip():
        raise ValueError(f"{fact} needs the reference of what it happened to")
    return Draft(fact, f"{fact}:{reference}", tuple(line for line in lines if line.amount_minor))


def reversal(posted: Draft | Iterable[Draft], cause: str) -> Draft:
    """Takes back what was posted, in one posting: sides swapped, netted per account and currency.

    `cause` names what happened, as "refund.failed:REF-20261118-7K2M9QPA"; its first part is the fact.
    """
    fact, colon, reference = cause.partition(":")
    if not (fact and colon and reference):
        raise ValueError(f"a cause is a fact and a reference, as refund.failed:REF-…, not {cause!r}")
    net: dict[tuple[Account, str], int] = {}
    for each in [posted] if isinstance(posted, Draft) else posted:
        for line in each.lines:
            place = (line.account, line.currency)
            net[place] = net.get(place, 0) - line.amount_minor
    lines = tuple(Line(account, currency, minor) for (account, currency), minor in net.items() if minor)
    return Draft(fact, cause, lines)


def _not_negative(money: Money) -> Money:
    if money.is_negative:
        raise ValueError(f"{money} is negative: say what happened with a posting of its own")
    return money
