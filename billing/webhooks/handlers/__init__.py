"""Which event is about what, and whether its message can be taken at its word: a table per source."""

from billing.webhooks.handlers.handler import Handler
from billing.webhooks.handlers.paypal import PAYPAL
from billing.webhooks.handlers.sandbox import SANDBOX
from billing.webhooks.handlers.stripe import STRIPE
from billing.webhooks.handlers.yookassa import YOOKASSA

__all__ = ["TABLES", "Handler", "handler_of", "why_ignored"]

TABLES: dict[str, tuple[Handler, ...]] = {
    "stripe": STRIPE,
    "paypal": PAYPAL,
    "yookassa": YOOKASSA,
    "sandbox": SANDBOX,
}


NO_USE = "The desk has no use for events of this type."


def handler_of(source: str, event_type: str) -> Handler | None:
    """The first line that fits decides; None for an event that the desk has no use for."""
    found = _line(source, event_type)
    return found if found is not None and found.kind else None


def why_ignored(source: str, event_type: str) -> str:
    """Why an event without a handler is ignored, as a sentence."""
    found = _line(source, event_type)
    return (found.why if found is not None else "") or NO_USE


def _line(source: str, event_type: str) -> Handler | None:
    fits = (each for each in TABLES.get(source, ()) if event_type.startswith(each.begins))
    return next(fits, None)
