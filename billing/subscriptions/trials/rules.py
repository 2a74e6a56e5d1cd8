"""What a trial may become, and when one may start. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from billing.history.machines import Machine, moves

__all__ = [
    "CLAIMED",
    "DOMAIN_WINDOW",
    "FREE_MAIL",
    "MACHINE",
    "Policy",
    "conversion",
    "outcome_of",
    "what_at_the_end",
]

MACHINE = Machine("trialstart", moves("started → converted | ended | canceled"))

#: Kinds of marks of which only one trial may be started with the same.
CLAIMED = frozenset({"email", "card"})
#: Over how long the starts of one e-mail domain are counted.
DOMAIN_WINDOW = timedelta(days=30)
_FREE_MAIL = (
    "163.com aol.com bk.ru duck.com fastmail.com free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com "
    "gmx.de gmx.net hey.com hotmail.co.uk hotmail.com hotmail.fr hotmail.it icloud.com inbox.ru "
    "laposte.net libero.it list.ru live.com mac.com mail.com mail.ru me.com msn.com orange.fr "
    "outlook.com outlook.de posteo.de proton.me qq.com rocketmail.com seznam.cz t-online.de "
    "tutanota.com ukr.net wanadoo.fr web.de wp.pl ya.ru yahoo.co.uk yahoo.com yahoo.de yahoo.fr "
    "yahoo.ro yandex.com yandex.ru ymail.com zoho.com "
)
#: Providers at which everybody may have an address: sharing one says nothing.
FREE_MAIL = frozenset(_FREE_MAIL.split())

type Outcome = Literal["started", "converted", "ended", "canceled"]
type End = Literal["convert", "cancel", "pause"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How many trials may start, and what becomes of one without a payment method."""

    per_address: int = 5
    per_domain: int = 10
    needs_verified_email: bool = False
    without_method: Literal["cancel", "pause"] = "cancel"


def what_at_the_end(*, has_method: bool, costs: bool, leaves: bool, policy: Policy) -> End:
    """What becomes of a trial at its end: one that was canceled ends, one that can be charged or costs
    nothing goes on, and any other does what the policy says."""
    if leaves:
        return "cancel"
    if has_method or not costs:
        return "convert"
    return policy.without_method


#: States that a subscription has only once its trial was followed by a period that is billed.
_PAYING = frozenset({"active", "past_due", "unpaid"})


def outcome_of(state: str, *, had_period: bool, left_early: bool) -> Outcome:
    """What became of a trial, by its subscription's state.

    ``had_period``: a billed period has begun since; ``left_early``: it ended before the trial was over.
    """
    if state in ("trialing", "incomplete"):
        return "started"
    if state in _PAYING or had_period:
        return "converted"
    return "canceled" if left_early else "ended"


def conversion(counts: Mapping[str, int]) -> tuple[int, int]:
    """Converted over decided: numerator and denominator. What still runs counts in neither."""
    decided = sum(counts.get(state, 0) for state in ("converted", "ended", "canceled"))
    return counts.get("converted", 0), decided
