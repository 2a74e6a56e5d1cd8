"""Every metric that the desk keeps: name, what it counts, and its labels. Nothing else is counted.

Outside it is called `countinghouse_<name>`, a counter with `_total` at its end, times in seconds. A label
takes the words that are listed, or at most so many different ones in a process; any other is "other", so
that no sender can make series without end.
"""

from dataclasses import dataclass
from typing import Literal

PREFIX = "countinghouse_"
#: Upper bounds in seconds; above the last there is one more, without bound.
QUICK = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30")
SLOW = ("0.25", "1", "5", "15", "60", "300", "900", "3600", "21600")


@dataclass(frozen=True, slots=True)
class Label:
    """A label with the words it may take, or with how many different ones."""

    name: str
    among: frozenset[str] = frozenset()
    most: int = 0


@dataclass(frozen=True, slots=True)
class Metric:
    """A sum that only grows (`counter`), times sorted into buckets (`times`), or what is so now (`gauge`:
    asked of the database when somebody looks, never kept)."""

    name: str
    kind: Literal["counter", "times", "gauge"]
    help: str
    labels: tuple[Label, ...] = ()
    buckets: tuple[str, ...] = ()

    @property
    def public_name(self) -> str:
        """The name without `_total`, which the text format adds."""
        return PREFIX + self.name


def among(name: str, words: str) -> Label:
    return Label(name, among=frozenset(words.split()))


def up_to(most: int, name: str) -> Label:
    return Label(name, most=most)


SOURCE, ENDPOINT, TYPE = up_to(8, "source"), up_to(24, "endpoint"), up_to(200, "type")
GATEWAY, OPERATION = up_to(8, "gateway"), up_to(40, "operation")
ANSWER = among("outcome", "ok declined refused unreachable not_set_up error")
RESULT = among("result", "succeeded failed canceled pending requires_action unknown")
REASON = among(
    "reason",
    "signature stale address throttled size depth content_type unreadable no_secret not_confirmed method",
)

METRICS: tuple[Metric, ...] = (
    # Webhooks at the door.
    Metric("webhooks_received", "counter", "New events stored.", (SOURCE, ENDPOINT, TYPE)),
    Metric("webhooks_duplicates", "counter", "Deliveries of an event stored before.", (SOURCE, TYPE)),
    Metric("webhooks_rejected", "counter", "Deliveries refused at the door, by reason.", (SOURCE, REASON)),
    Metric("webhooks_intake_seconds", "times", "From request to answer at the door.", (SOURCE,), QUICK),
    # Webhooks in the worker.
    Metric(
        "webhooks_processed", "counter", "Attempts at events, by what became of them.",
        (SOURCE, TYPE, among("outcome", "processed ignored failed dead")),
    ),
    Metric("webhooks_died", "counter", "Events given up after their last attempt.", (SOURCE, TYPE)),
    Metric("webhooks_processing_seconds", "times", "One attempt at an event.", (SOURCE, TYPE), QUICK),
    Metric("webhooks_delay_seconds", "times", "From receipt to the end of processing.", (SOURCE,), SLOW),
    Metric("webhooks_lag_seconds", "gauge", "How long the oldest event that is due has waited."),
    Metric("webhooks_waiting", "gauge", "Events that are due now, at most 10,000 counted."),
    Metric(
        "webhooks_dead", "gauge", "Dead events now, among the newest 1,000 of them.",
        (SOURCE, TYPE),
    ),
    Metric(
        "webhooks_last_received_timestamp_seconds", "gauge", "When an endpoint last heard something.",
        (SOURCE, ENDPOINT),
    ),
    # Money.
    Metric("payments", "counter", "Payments that came to a result.", (GATEWAY, RESULT)),
    Metric("refunds", "counter", "Refunds that came to a result.", (GATEWAY, RESULT)),
    Metric("gateway_calls", "counter", "Calls to a gateway's API.", (GATEWAY, OPERATION, ANSWER)),
    Metric(
        "gateway_call_seconds", "times", "How long a gateway's API took to answer.",
        (GATEWAY, OPERATION), QUICK,
    ),
    # Credits and quotas.
    Metric("credits_granted", "counter", "Grants of credits, by source.", (up_to(16, "source"),)),
    Metric(
        "credits_second_grants_refused", "counter", "Grants asked for a second time and not given.",
        (up_to(16, "source"),),
    ),
    Metric("quota_hits", "counter", "Uses refused because a quota was used up.", (up_to(60, "quota"),)),
    # The desk.
    Metric("alerts_open", "gauge", "Alerts that are open now.", (up_to(24, "kind"),)),
)  # fmt: skip

BY_NAME: dict[str, Metric] = {metric.name: metric for metric in METRICS}
