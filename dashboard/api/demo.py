"""The demo company's key; its secret is thrown away, so that nobody has it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from billing.history.actors import Actor
from dashboard.api.keys import create_key
from dashboard.api.models import Scope

__all__ = ["make_demo_key"]


def make_demo_key(people: Sequence[Actor], *, now: datetime) -> None:
    """What Halden's own product calls with."""
    create_key(
        name="Halden's product",
        scopes=[Scope.CATALOG, Scope.CUSTOMERS, Scope.ENTITLEMENTS, Scope.USAGE, Scope.CHECKOUTS],
        per_minute=6_000,
        reason="For the product's own backend",
        actor=people[-1],
        now=now - timedelta(days=200),
    )
