"""What may become of an end that a gateway was asked for, and whether the gateway did it. Pure."""

from datetime import datetime, timedelta

from billing.gateways.facts import EndFact
from billing.history.machines import Machine, moves
from billing.subscriptions.rules import TERMINAL

__all__ = ["MACHINE", "is_done", "sentence"]

MACHINE = Machine("gatewayend", moves("asked → held | refused"))

#: Gateways keep moments in whole seconds.
SECOND = timedelta(seconds=1)


def is_done(wanted: str, at: datetime | None, told: EndFact | None) -> bool:
    """Whether what the gateway says of the subscription is what was wanted: ``now``, an end ``later`` at the
    moment ``at``, or that it goes on (``never``). Of one that it does not know nothing can be said."""
    if told is None:
        return False
    if told.state in TERMINAL:
        return wanted == "now"
    ends_at = told.cancel_at or (told.current_period_end if told.cancel_at_period_end else None)
    if wanted == "later":
        return at is not None and ends_at is not None and abs(ends_at - at) < SECOND
    return wanted == "never" and ends_at is None


def sentence(wanted: str, at: datetime | None, who: str, *, done: bool, known: bool = True) -> str:
    """What became of it, for the desk: "Stripe ends it on 1 March 2027."."""
    if not known:
        return f"{who} does not know this subscription."
    day = f"{at:%-d %B %Y}" if at else ""
    if done:
        return {
            "now": f"{who} has ended it.",
            "later": f"{who} ends it on {day}.",
            "never": f"{who} lets it go on.",
        }[wanted]
    return {
        "now": f"{who} was asked to end it, and says that it goes on.",
        "later": f"{who} was asked to end it on {day}, and names no such end.",
        "never": f"{who} was asked to let it go on, and still ends it.",
    }[wanted]
