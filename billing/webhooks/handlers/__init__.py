"""Which event is about what, and whether its message can be taken at its word: a table per source."""

from billing.webhooks.handlers.handler import Handler
from billing.webhooks.handlers.sandbox import SANDBOX
from billing.webhooks.handlers.stripe import STRIPE

__all__ = ["TABLES", "Handler", "handler_of"]

TABLES: dict[str, tuple[Handler, ...]] = {"stripe": STRIPE, "sandbox": SANDBOX}


def handler_of(source: str, event_type: str) -> Handler | None:
    """The first line that fits decides; None for an event that the desk has no use for."""
    fits = (each for each in TABLES.get(source, ()) if event_type.startswith(each.begins))
    found = next(fits, None)
    return found if found is not None and found.kind else None
