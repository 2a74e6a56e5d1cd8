"""What an outage is worth to whoever it hit, and when somebody counts as hit. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from billing.errors import InvalidInput
from billing.history.machines import Machine, moves
from billing.money import Money, round_half_away
from billing.periods import Period

__all__ = ["LONGEST", "MACHINE", "WEEKS", "Share", "check_outage", "comparable", "overlap", "worth"]

MACHINE = Machine(
    "incident",
    moves("""
        recorded → credited | withdrawn
        credited → withdrawn
    """),
)

#: How many weeks before the outage are looked at for who uses it at that time of the week.
WEEKS = 4
WEEK = timedelta(days=7)
LONGEST = timedelta(days=31)
OLDEST = timedelta(days=366)
LONGEST_TITLE = 120
LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class Share:
    """Of ``price_minor`` for ``period_seconds`` the customer was without for ``seconds``."""

    price_minor: int
    seconds: int
    period_seconds: int

    def __post_init__(self) -> None:
        if self.period_seconds <= 0 or not 0 <= self.seconds <= self.period_seconds:
            raise ValueError(f"{self.seconds} of {self.period_seconds} seconds is no share of a period")


def worth(shares: Iterable[Share], currency: str) -> Money:
    """Outage seconds / period seconds × price, summed exactly and rounded once, half away from zero.

    Never below zero: unused time that was given back already counts against what was charged.
    """
    total = sum(
        (Fraction(each.price_minor * each.seconds, each.period_seconds) for each in shares), Fraction()
    )
    return Money(max(0, round_half_away(total)), currency)


def overlap(outage: Period, billed: Period) -> int:
    """The whole seconds of the outage that fall into what was billed."""
    both = outage.intersection(billed)
    return 0 if both is None else int((both.end - both.start).total_seconds())


def comparable(outage: Period) -> Sequence[Period]:
    """The stretches whose usage tells who was hit: the outage itself, where calls may still have come
    through, and the same hours of the same days of the week in the four weeks before it."""
    return [Period(outage.start - WEEK * n, outage.end - WEEK * n) for n in range(WEEKS + 1)]


def check_outage(title: str, starts_at: datetime, ends_at: datetime, reason: str, now: datetime) -> None:
    """Raises `InvalidInput` naming the field that no incident can be recorded with."""
    if not title.strip():
        raise _bad("title", "title_missing", "Title: say what was out, as customers shall read it.")
    if len(title.strip()) > LONGEST_TITLE:
        raise _bad("title", "title_too_long", f"Title: at most {LONGEST_TITLE} characters.")
    if ends_at <= starts_at:
        raise _bad("ends_at", "outage_ends_before_it_starts", "To: after the beginning of the outage.")
    if ends_at > now:
        raise _bad(
            "ends_at", "outage_is_not_over", "To: a moment that has passed; credit an outage once over."
        )
    if ends_at - starts_at > LONGEST:
        raise _bad("ends_at", "outage_too_long", "To: at most 31 days after its beginning.")
    if starts_at < now - OLDEST:
        raise _bad("starts_at", "outage_too_old", "From: within the last twelve months.")
    if not reason.strip():
        raise _bad("reason", "reason_missing", "Reason: say why, for whoever reads it later.")
    if len(reason) > LONGEST_REASON:
        raise _bad(
            "reason",
            "reason_too_long",
            f"Reason: at most {LONGEST_REASON:,} characters, this has {len(reason):,}.",
        )


def _bad(field: str, code: str, sentence: str) -> InvalidInput:
    return InvalidInput(code, sentence, field=field)
