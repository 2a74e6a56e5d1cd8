"""Counting, from anywhere: cheap, never in the way, and summed over all processes.

    count("webhooks_rejected", source="stripe", reason="signature")
    observe("gateway_call_seconds", 0.42, gateway="stripe", operation="refund")

Both add to this process's buffer, which `billing.metrics.flushing` writes each second. Names and labels are
those of `billing.metrics.catalogue`; any other is a ValueError at home and in tests, and in production an
error in the log. What is counted is not taken back with a transaction: `count_on_commit` waits for its end.
"""

from functools import partial

from django.db import transaction

from billing.metrics import buffer, flushing

__all__ = ["count", "count_on_commit", "observe"]


def count(name: str, n: int = 1, **labels: str) -> None:
    """Adds ``n`` to a counter."""
    buffer.add(name, "counter", n, labels)
    flushing.wake()


def observe(name: str, seconds: float, **labels: str) -> None:
    """Sorts a time into the buckets of a metric of times; to the microsecond."""
    buffer.add(name, "times", max(0, round(seconds * buffer.MICROSECONDS)), labels)
    flushing.wake()


def count_on_commit(name: str, n: int = 1, **labels: str) -> None:
    """Adds ``n`` once the caller's transaction is kept; nothing when it is rolled back."""
    transaction.on_commit(partial(count, name, n, **labels))
