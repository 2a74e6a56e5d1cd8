"""The rows that a figure is the sum of, found through an index of their own table."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from billing.disputes.models import Dispute
from billing.history.models import HistoryEntry
from billing.ledger.models import Posting, PostingLine
from billing.payments.models import Payment
from billing.refunds.models import Refund
from billing.subscriptions.models import MrrMovement
from billing.webhooks.models import WebhookEvent
from reports.overview.sums import NEWEST

__all__ = ["KINDS_OF_ROWS", "Rows", "rows_of"]

CASH = ("gateway_clearing", "bank")
CAPTURES = ("payment.succeeded", "payment.out_of_band", "payment.after_write_off")
WARNINGS = ("warning", "warning_closed")
DONE = ("processed", "ignored")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one noun; ``minor`` names the column whose sum is the figure, empty where rows are counted."""

    noun: str
    rows: QuerySet[Any]
    minor: str = ""
    sign: int = 1

    def total(self) -> tuple[int, int]:
        """How many rows, and what they come to in minor units (zero where they are counted)."""
        if not self.minor:
            return self.rows.count(), 0
        found = self.rows.aggregate(n=Count("*"), minor_sum=Sum(self.minor))
        return found["n"], self.sign * int(found["minor_sum"] or 0)


def rows_of(name: str, currency: str, first: date, last: date) -> Rows:
    """The rows of that name on these days of UTC, both included; KeyError for a name that is none."""
    return KINDS_OF_ROWS[name](currency, first, last)


def _moments(first: date, last: date) -> tuple[datetime, datetime]:
    return (
        datetime.combine(first, time(), tzinfo=UTC),
        datetime.combine(last + timedelta(days=1), time(), tzinfo=UTC),
    )


def _made(currency: str, first: date, last: date, *states: str) -> QuerySet[Payment]:
    start, after = _moments(first, last)
    made = Payment.objects.filter(currency=currency, created_at__gte=start, created_at__lt=after)
    return made.filter(state__in=states) if states else made


def _payments(*states: str) -> Callable[[str, date, date], Rows]:
    return lambda currency, first, last: Rows("payment", _made(currency, first, last, *states))


def _declined(*states: str) -> Callable[[str, date, date], Rows]:
    declines = HistoryEntry.objects.filter(
        subject_kind="payment", subject_id=OuterRef("pk"), to_state="failed", kind__in=["state", "created"]
    )
    return lambda currency, first, last: Rows(
        "payment", _made(currency, first, last, *states).filter(Exists(declines))
    )


def _cash(kind: str) -> Callable[[str, date, date], Rows]:
    return lambda currency, first, last: Rows(
        "line",
        PostingLine.objects.filter(
            account__in=CASH, currency=currency, day__gte=first, day__lte=last,
            posting__fact__startswith=f"{kind}.",
        ),
        "amount_minor",
    )  # fmt: skip


def _refunded_of_captured(currency: str, first: date, last: date) -> Rows:
    """Refunds that stand, of payments whose first capture is on one of the days."""
    captures = PostingLine.objects.filter(
        account__in=CASH, currency=currency, day__gte=first, day__lte=last,
        posting__fact__in=CAPTURES, posting__subject_kind="payment",
    )  # fmt: skip
    earlier = Posting.objects.filter(
        subject_kind="payment", subject_id=OuterRef("posting__subject_id"), fact__in=CAPTURES,
        id__lt=OuterRef("posting_id"),
    )  # fmt: skip
    firsts = captures.filter(~Exists(earlier)).values("posting__subject_id")
    return Rows("refund", Refund.objects.filter(state="succeeded", payment_id__in=firsts), "amount_minor")


def _disputed(currency: str, first: date, last: date) -> Rows:
    of = _made(currency, first, last).values("pk")
    return Rows("dispute", Dispute.objects.filter(payment_id__in=of).exclude(state__in=WARNINGS))


def _events(*states: str) -> Callable[[str, date, date], Rows]:
    def found(currency: str, first: date, last: date) -> Rows:
        start, after = _moments(first, last)
        came = WebhookEvent.objects.filter(received_at__gte=start, received_at__lt=after)
        newest = came.order_by("-received_at", "-id").values("pk")[:NEWEST]
        of = Q(state__in=states) if states else ~Q(state__in=["received", "processing"])
        return Rows("event", WebhookEvent.objects.filter(of, pk__in=newest))

    return found


def _mrr(currency: str, first: date, last: date) -> Rows:
    """What each subscription comes to a month at the end of the last day, and is not zero."""
    moved = MrrMovement.objects.filter(currency=currency, day__lte=last)
    each = moved.values("customer_id", "subscription_id", "currency").annotate(minor=Sum("amount_minor"))
    return Rows("mrr", each.exclude(minor=0), "minor")


KINDS_OF_ROWS: dict[str, Callable[[str, date, date], Rows]] = {
    "mrr": _mrr,
    "captured": _cash("payment"),
    "refunded": _cash("refund"),
    "failed": _payments("failed"),
    "succeeded": _payments("succeeded"),
    "ended": _payments("succeeded", "failed"),
    "declined": _declined(),
    "recovered": _declined("succeeded"),
    "refunded_of_captured": _refunded_of_captured,
    "disputed": _disputed,
    "received": _events(),
    "processed": _events(*DONE),
}
