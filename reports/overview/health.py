"""The tiles of the overview: how the company is doing, against the stretch before."""

from datetime import datetime
from fractions import Fraction

from reports.overview.figures import Figure, Part, Unit, Way
from reports.overview.mrr import month_ends, mrr_on
from reports.overview.spans import Span
from reports.overview.sums import Sums, sums

__all__ = ["health"]

NO_PAYMENTS = "No payment was made in this time, so there is nothing to take a share of."


def health(span: Span, currency: str, *, as_of: datetime) -> list[Figure]:
    """Eight figures in four questions. Currencies are never added up; webhooks are those of all."""
    ends = [span.last, span.before_last, *month_ends(span)]
    mrr = [Fraction(minor) for minor in mrr_on(ends, currency)]
    all_sums = sums(span.buckets(), currency)
    now, days = all_sums[0], (("created_from", span.first.isoformat()), ("created_to", span.last.isoformat()))
    of = (("currency", currency), *days)

    def figure(
        key: str, label: str, definition: str, unit: Unit, values: list[Fraction | None], *parts: Part,
        good: Way = "up", why: str = "",
    ) -> Figure:  # fmt: skip
        own = currency if unit == "money" else ""
        return Figure(
            key, label, definition, unit, as_of, values[0], values[1], tuple(values[2:]), parts, own, good,
            why if values[0] is None else "", span.against,
        )  # fmt: skip

    def part(label: str, amount: int, rows: str, *where: tuple[str, str], money: bool = True) -> Part:
        return Part(label, amount, currency if money else "", rows, where)

    succeeded = (("state", "succeeded"), *of)
    return [
        figure(
            "mrr", "MRR",
            "What active and past-due subscriptions come to in a month: quantity × price less lasting "
            "discounts, yearly prices divided by 12, without tax and trials. The sum of all movements up to "
            "the last day.",
            "money", list(mrr),
            part("MRR", int(mrr[0]), "subscriptions", ("state", "active"), ("state", "past_due"),
                 ("currency", currency)),
        ),
        figure(
            "collected", "Collected, net",
            "Payments made in this time that succeeded, as captured, less refunds made in this time that "
            "succeeded. Tax is in it; fees are not taken off.",
            "money", [Fraction(s.captured - s.refunded) for s in all_sums],
            part("Captured", now.captured, "payments", *succeeded),
            part("Refunded", -now.refunded, "refunds", *succeeded),
        ),
        figure(
            "failed", "Failed payments",
            "Of the payments made in this time that have ended well or badly, the share that failed. One "
            "that was declined and went through later counts as gone through.",
            "percent", [_share(s.failed, s.failed + s.succeeded) for s in all_sums],
            part("Failed", now.failed, "payments", ("state", "failed"), *of, money=False),
            part("Ended", now.failed + now.succeeded, "payments", ("state", "failed"), *succeeded,
                 money=False),
            good="down", why=NO_PAYMENTS,
        ),
        figure(
            "recovered", "Recovered",
            "Of the amount of payments made in this time whose first try was declined, the share that the "
            "same payment brought in later.",
            "percent", [_share(s.recovered, s.first_failed) for s in all_sums],
            part("Recovered", now.recovered, "payments", *succeeded),
            part("Declined at first", now.first_failed, "payments", *of),
            why="No payment of this time was declined.",
        ),
        figure(
            "refund_rate", "Refund rate",
            "Of what was captured by payments made in this time, the share that has been promised back or "
            "gone back since, whenever that was.",
            "percent", [_share(s.refunded_of_these, s.captured) for s in all_sums],
            part("Refunded", now.refunded_of_these, "refunds", ("currency", currency)),
            part("Captured", now.captured, "payments", *succeeded),
            good="down", why=NO_PAYMENTS,
        ),
        figure(
            "dispute_rate", "Dispute rate",
            "Of the payments made in this time that succeeded, the share that was disputed since. Early "
            "warnings do not count until they become disputes.",
            "percent", [_share(s.disputed, s.succeeded) for s in all_sums],
            part("Disputed", now.disputed, "disputes", money=False),
            part("Succeeded", now.succeeded, "payments", *succeeded, money=False),
            good="down", why=NO_PAYMENTS,
        ),
        *_webhooks(figure, all_sums, now, span),
    ]  # fmt: skip


def _webhooks(figure, all_sums: list[Sums], now: Sums, span: Span) -> list[Figure]:  # type: ignore[no-untyped-def]
    days = (("received_from", span.first.isoformat()), ("received_to", span.last.isoformat()))
    none = "No message of a gateway came in this time."
    delays = [None if s.webhook_delay_ms is None else Fraction(s.webhook_delay_ms, 1000) for s in all_sums]
    done = Part(
        "Processed", now.webhooks_done, "", "webhooks", (("state", "processed"), ("state", "ignored"), *days)
    )
    return [
        figure(
            "webhooks", "Webhooks processed",
            "Of the gateways' messages received in this time that are not still under way, the share that "
            "was processed, or rightly ignored.",
            "percent", [_share(s.webhooks_done, s.webhooks_all) for s in all_sums], done,
            Part("Received", now.webhooks_all, "", "webhooks", days), why=none,
        ),
        figure(
            "webhook_delay", "Webhook delay, p95",
            "From receipt to the end of processing; nineteen of twenty messages took no longer.",
            "seconds", delays, done, good="down", why=none,
        ),
    ]  # fmt: skip


def _share(part: int, of: int) -> Fraction | None:
    return Fraction(part, of) if of else None
