"""What needs a person now: one row for each kind, with how many, how much and since when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.utils import timezone

from billing.disputes.models import Dispute
from billing.money import Money
from billing.notifications.queries import open_alerts
from billing.payments.models import Payment
from billing.refunds.models import Refund
from billing.refunds.queries import NEEDS
from billing.webhooks.models import WebhookEvent
from dashboard.overview.links import rows_url
from dashboard.parts import alerting
from dashboard.parts.navigation import address
from dashboard.queues.queries import due_count, sleeping

__all__ = ["Need", "needs"]

AGES = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"))
FAILING = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Need:
    """One row. ``at`` is the oldest, or a deadline; ``url`` is empty while its list is not built."""

    key: str
    tone: str
    icon: str
    count: int
    sentence: str
    detail: str = ""
    url: str = ""
    amounts: tuple[Money, ...] = ()
    when: str = ""
    at: datetime | None = None

    @property
    def more(self) -> int:
        """In how many further currencies there are amounts."""
        return len(self.amounts) - 1


#: need of a refund: tone, icon, sentence for one and for many, detail
REFUNDS = {
    "failed": ("bad", "receipt-refund", "refund failed", "refunds failed", "not received"),
    "external": ("look", "eye-filled", "refund made outside", "refunds made outside", "not seen yet"),
    "stuck": ("wait", "loader", "refund is stuck", "refunds are stuck", "no answer for long"),
    "customer": ("wait", "user-exclamation", "refund needs the customer", "refunds need the customer",
                 "no account named"),
}  # fmt: skip


def needs(viewer: Any, now: datetime) -> list[Need]:
    """The kinds that have something, the gravest first. The same number of questions, however many rows."""
    found: list[Need] = []
    for key, _, when in NEEDS:
        rows = Refund.objects.filter(when(now)).filter(~sleeping("refund", now))
        found += _summed(key, rows, *REFUNDS[key], rows_url("refunds", [("needs", key)]), now)
    waiting = Refund.objects.filter(state="pending_approval").filter(~sleeping("refund", now))
    found += _summed(
        "approval", waiting, "wait", "shield-check", "refund waits for a yes", "refunds wait for a yes",
        "above the limit", rows_url("refunds", [("state", "pending_approval")]), now,
    )  # fmt: skip
    found += _disputes(now)
    unknown = Payment.objects.filter(state="unknown").filter(~sleeping("payment", now))
    found += _summed(
        "unknown", unknown, "look", "help-circle-filled", "payment is unknown", "payments are unknown",
        "no word from the gateway", rows_url("payments", [("state", "unknown")]), now,
    )  # fmt: skip
    found += _webhooks(now)
    if viewer.has_perm("health.view"):
        found += _jobs(now)
        found += _alerts(now)
    found += _mine(viewer, now)
    order = {"bad": 0, "wait": 1, "look": 2}
    return sorted(found, key=lambda need: order.get(need.tone, 3))


def _summed(
    key: str, rows: QuerySet, tone: str, icon: str, one: str, many: str, detail: str, url: str, now: datetime
) -> list[Need]:
    """A kind of rows with money: one question."""
    by_currency = list(
        rows.order_by("currency")
        .values_list("currency")
        .annotate(Count("id"), Sum("amount_minor"), Min("created_at"))
    )
    count = sum(row[1] for row in by_currency)
    if not count:
        return []
    oldest = min(row[3] for row in by_currency)
    amounts = tuple(Money(row[2], row[0]) for row in by_currency)
    return [_need(key, tone, icon, count, one, many, detail, url, amounts, age(oldest, now), oldest)]


def _need(
    key: str, tone: str, icon: str, count: int, one: str, many: str, detail: str, url: str,
    amounts: tuple[Money, ...] = (), when: str = "", at: datetime | None = None,
) -> Need:  # fmt: skip
    return Need(
        key, tone, icon, count, f"{count:,} {one if count == 1 else many}", detail, url, amounts, when, at
    )


def _disputes(now: datetime) -> list[Need]:
    rows = Dispute.objects.filter(state="needs_response").filter(~sleeping("dispute", now))
    by_currency = list(
        rows.order_by("currency")
        .values_list("currency")
        .annotate(Count("id"), Sum("amount_minor"), Min("evidence_due_at"))
    )
    count = sum(row[1] for row in by_currency)
    if not count:
        return []
    due = min((row[3] for row in by_currency if row[3]), default=None)
    late = due is not None and due < now
    words = "" if due is None else "overdue" if late else f"in {age(now, due)}"
    return [
        _need(
            "disputes", "bad" if late else "wait", "gavel", count, "dispute to answer",
            "disputes to answer", "by the soonest deadline",
            rows_url("disputes", [("state", "needs_response")]),
            tuple(Money(row[2], row[0]) for row in by_currency), words, due,
        )
    ]  # fmt: skip


def _webhooks(now: datetime) -> list[Need]:
    found = WebhookEvent.objects.filter(state="dead").aggregate(
        n=Count("id"), oldest=Min("received_at"), kinds=Count("type", distinct=True), kind=Max("type")
    )
    if not found["n"]:
        return []
    detail = f"all {found['kind']}" if found["kinds"] == 1 else f"of {found['kinds']} kinds"
    return [
        _need(
            "webhooks", "bad", "webhook", found["n"], "webhook event dead", "webhook events dead", detail,
            rows_url("webhooks", [("state", "dead")]), (), age(found["oldest"], now), found["oldest"],
        )
    ]  # fmt: skip


def _jobs(now: datetime) -> list[Need]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT j.id), count(DISTINCT j.task_name), min(j.task_name), min(e.at) "
            "FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'failed' "
            "WHERE j.status = 'failed' AND e.at > %s",
            [now - FAILING],
        )
        count, kinds, name, since = cursor.fetchone()
    if not count:
        return []
    detail = f"all {name}" if kinds == 1 else f"of {kinds} kinds"
    return [
        _need(
            "jobs", "bad", "settings", count, "job failed", "jobs failed", detail, address("health:index"),
            (), age(since, now), since,
        )
    ]  # fmt: skip


def _alerts(now: datetime) -> list[Need]:
    """An alert each. Dead events have a line of their own, for everybody."""
    return [
        Need(
            alert.kind, "wait" if alert.acknowledged_at else "bad", alerting.icon_of(alert), 1,
            alert.sentence,
            f"{alert.acknowledged_by_name or 'nobody'} looks after it", address("metrics:index"), (),
            age(alert.opened_at, now), alert.opened_at,
        )
        for alert in open_alerts()
        if alert.kind != "webhooks.dead"
    ]  # fmt: skip


def _mine(viewer: Any, now: datetime) -> list[Need]:
    count = due_count(viewer, timezone.localdate(now), now)
    if not count:
        return []
    return [
        _need("mine", "wait", "checklist", count, "thing waits for you", "things wait for you",
              "assigned to you, or to follow up by today", address("work:index"))
    ]  # fmt: skip


def age(since: datetime, now: datetime) -> str:
    """11 min, 3 h, 2 d."""
    passed = now - since
    for unit, word in AGES:
        if passed >= unit:
            return f"{passed // unit} {word}"
    return "now"
