"""What a request for approval may become, when one is needed, and what it is bound to. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from billing.errors import Conflict, InvalidInput, NotAllowed
from billing.history.machines import Machine, moves
from billing.money import Money, is_currency

MACHINE = Machine(
    "approval",
    moves("""
        requested → approved | rejected | withdrawn | expired | voided
        approved → executed | failed
    """),
)

#: A request that nobody decides is no promise: after so long it expires.
LASTS = timedelta(days=7)
DAY = timedelta(days=1)
CUSTOMER_SPAN = timedelta(days=30)
LONGEST_REASON = 10_000

ONE, PER_DAY, PER_CUSTOMER = "one", "day", "customer_30d"
NO_LIMIT = "no limit is set for this role yet"
NOT_A_PERSON = "the desk's own rule"
IN_WORDS = {ONE: "at once", PER_DAY: "in a day", PER_CUSTOMER: "for one customer in 30 days"}


@dataclass(frozen=True, slots=True, order=False)
class Units:
    """An amount that is not money: credits of a kind, "tokens" or "ai_requests". Behaves as `Money` here."""

    minor: int
    currency: str

    def __add__(self, other: "Units") -> "Units":
        self._same(other)
        return Units(self.minor + other.minor, self.currency)

    def __gt__(self, other: "Units") -> bool:
        self._same(other)
        return self.minor > other.minor

    def __str__(self) -> str:
        return f"{self.minor:,} {self.currency.replace('_', ' ')}"

    def _same(self, other: "Units") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")


type Amount = Money | Units


def measured(minor: int, currency: str) -> Amount:
    """Money where the word is a currency's code, units of credits otherwise."""
    return Money(minor, currency) if is_currency(currency) else Units(minor, currency)


@dataclass(frozen=True, slots=True)
class Limit:
    """Up to how much a role may do by itself, in one of the three scopes; None is "any amount"."""

    role: str
    scope: str
    amount: Amount | None


@dataclass(frozen=True, slots=True)
class Spent:
    """What was done without a second person before: by this person in a day, to this customer in 30 days."""

    day: Amount
    customer: Amount


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a second person must say yes; ``rule`` is the sentence that is kept either way."""

    needed: bool
    rule: str


def judge(
    amount: Amount,
    *,
    roles: Iterable[str],
    limits: Iterable[Limit],
    spent: Spent,
    limited_roles: Iterable[str],
) -> Verdict:
    """The most generous of the person's limited roles decides.

    ``limits`` are those of the roles for this action and currency, ``limited_roles`` are the roles that have
    a limit for this action in any currency: such a role may do nothing alone in a currency without a limit.
    A role that nobody gave a limit widens nothing, unless none of the person's roles has one.
    """
    names = sorted(set(roles) & set(limited_roles))
    if not names:
        return Verdict(False, NO_LIMIT)
    by_role: dict[str, list[Limit]] = {name: [] for name in names}
    for limit in limits:
        if limit.role in by_role:
            by_role[limit.role].append(limit)
    verdicts = [_of_role(name, amount, found, spent) for name, found in by_role.items()]
    return min(verdicts, key=lambda verdict: verdict.needed)


def _of_role(role: str, amount: Amount, limits: list[Limit], spent: Spent) -> Verdict:
    if not limits:
        return Verdict(True, f"{role}: no limit is set in {amount.currency}, so a second person decides")
    sums: dict[str, Any] = {
        ONE: amount,
        PER_DAY: spent.day + amount,  # type: ignore[operator]  # one currency, so one kind
        PER_CUSTOMER: spent.customer + amount,  # type: ignore[operator]
    }
    for limit in sorted(limits, key=lambda each: (ONE, PER_DAY, PER_CUSTOMER).index(each.scope)):
        if limit.amount is not None and sums[limit.scope] > limit.amount:
            return Verdict(
                True,
                f"{role}: {sums[limit.scope]} is above {limit.amount} {IN_WORDS[limit.scope]}",
            )
    said = ", ".join(
        f"{limit.amount} {IN_WORDS[limit.scope]}" for limit in limits if limit.amount is not None
    )
    return Verdict(False, f"{role}: within {said}" if said else f"{role}: any amount")


def digest(action: str, target: str, amount: Amount, reason: str, params: Mapping[str, Any]) -> str:
    """What a yes is bound to (SHA-256): change any of it, and it was a yes to something else."""
    told = json.dumps(
        [action, target, amount.minor, amount.currency, reason, params],
        sort_keys=True,
        ensure_ascii=True,
        separators=(",", ":"),
        default=str,
    )
    return hashlib.sha256(told.encode()).hexdigest()


def check_reason(reason: str, *, field: str = "reason") -> str:
    """The reason without blanks around it. Raises `InvalidInput`."""
    text = reason.strip()
    if not text:
        raise InvalidInput("reason_missing", "Reason: say why, for whoever reads this later.", field=field)
    if len(text) > LONGEST_REASON:
        raise InvalidInput(
            "reason_too_long",
            f"Reason: {len(text):,} characters are too many. Use {LONGEST_REASON:,}.",
            field=field,
        )
    return text


def check_decider(*, asked_by_ref: str, decider_ref: str) -> None:
    """Raises `NotAllowed` for whoever asked."""
    if asked_by_ref == decider_ref:
        raise NotAllowed(
            "own_request",
            "You asked for this yourself, so somebody else must decide. You can withdraw it.",
        )


def check_open(reference: str, state: str) -> None:
    """Raises `Conflict` unless the request still waits."""
    if state != "requested":
        raise Conflict(
            "approval_decided",
            f"{reference} is {state} by now. Reload the page to see what happened.",
        )
