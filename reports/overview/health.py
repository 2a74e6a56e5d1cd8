"""The tiles of the overview: how the company is doing, against the stretch before."""

from datetime import datetime
from fractions import Fraction

from reports.overview.figures import Figure, Part, Unit, Way
from reports.overview.mrr import month_ends, mrr_on
from reports.overview.spans import Span
from reports.overview.sums import NEWEST, sums

__all__ = ["health"]

NO_PAYMENTS = "No payment was made in this time, so there is nothing to take a share of."
NO_MESSAGES = "No message of a gateway came in this time."


def health(span: Span, currency: str, *, as_of: datetime) -> list[Figure]:
    """Eight figures in four questions. Currencies are never added up; webhooks are those of all."""
    mrr = [Fraction(minor) for minor in mrr_on([span.last, span.before_last, *month_ends(span)], currency)]
    all_sums = sums(span.stretches(), currency)
    now = all_sums[0]

    def figure(
        key: str, label: str, definition: str, unit: Unit, values: list[Fraction | None], *parts: Part,
        good: Way = "up", why: str = "",
    ) -> Figure:  # fmt: skip
        own = currency if unit == "money" else ""
        return Figure(
            key, label, definition, unit, as_of, values[0], values[1], tuple(values[2:]), parts, own, good,
            why if values[0] is None else "", span.against,
        )  # fmt: skip

    captured = Part("Captured", now.captured, "captured", currency)
    succeeded = Part("Succeeded", now.succeeded, "succeeded")
    done = Part("Processed", now.webhooks_done, "processed")
    return [
        figure(
            "mrr", "MRR",
            "What active and past-due subscriptions come to in a month: quantity × price less lasting "
            "discounts, yearly prices divided by 12, without tax and trials. The sum of all movements up to "
            "the last day.",
            "money", list(mrr), Part("MRR", int(mrr[0]), "mrr", currency),
        ),
        figure(
            "collected", "Collected, net",
            "What payments brought in this time, less what refunds took in this time, on the days that the "
            "books have them; what was taken back later counts on that later day. Tax is in it; fees are not "
            "taken off.",
            "money", [Fraction(s.captured - s.refunded) for s in all_sums],
            captured, Part("Refunded", -now.refunded, "refunded", currency),
        ),
        figure(
            "failed", "Failed payments",
            "Of the payments made in this time that have succeeded or failed, the share that failed. One "
            "that was declined and went through later counts as gone through.",
            "percent", [_share(s.failed, s.failed + s.succeeded) for s in all_sums],
            Part("Failed", now.failed, "failed"), Part("Ended", now.failed + now.succeeded, "ended"),
            good="down", why=NO_PAYMENTS,
        ),
        figure(
            "recovered", "Recovered",
            "Of the payments made in this time that were declined, the share that went through later. "
            "Of an imported payment only how it ended is known, not the declines before.",
            "percent", [_share(s.recovered, s.declined) for s in all_sums],
            Part("Recovered", now.recovered, "recovered"), Part("Declined", now.declined, "declined"),
            why="No payment of this time was declined.",
        ),
        figure(
            "refund_rate", "Refund rate",
            "Of what was captured in this time, the share that has gone back since, whenever that was. A "
            "refund that failed in the end does not count.",
            "percent",
            [_share(s.refunded_of_these, s.captured) if s.captured > 0 else None for s in all_sums],
            Part("Refunded of it", now.refunded_of_these, "refunded_of_captured", currency), captured,
            good="down", why=NO_PAYMENTS,
        ),
        figure(
            "dispute_rate", "Dispute rate",
            "Disputes of payments made in this time, whenever they came, for each of those payments that "
            "succeeded. Early warnings do not count until they become disputes.",
            "percent", [_share(s.disputed, s.succeeded) for s in all_sums],
            Part("Disputes", now.disputed, "disputed"), succeeded,
            good="down", why=NO_PAYMENTS,
        ),
        figure(
            "webhooks", "Webhooks processed",
            f"Of the newest {NEWEST} messages that gateways sent in this time, without those still under "
            "way, the share that was processed, or rightly ignored.",
            "percent", [_share(s.webhooks_done, s.webhooks_all) for s in all_sums], done,
            Part("Received", now.webhooks_all, "received"), why=NO_MESSAGES,
        ),
        figure(
            "webhook_delay", "Webhook delay, p95",
            "From receipt to the end of processing; nineteen of twenty messages took no longer. Of the "
            f"newest {NEWEST} messages of this time.",
            "seconds",
            [None if s.webhook_delay_ms is None else Fraction(s.webhook_delay_ms, 1000) for s in all_sums],
            done, good="down", why=NO_MESSAGES,
        ),
    ]  # fmt: skip


def _share(part: int, of: int) -> Fraction | None:
    return Fraction(part, of) if of else None
