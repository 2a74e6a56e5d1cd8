"""How much waits in each queue, for the sidebar: one query each, on an index, after the page has loaded."""

from typing import Any

from django.utils import timezone

from billing.approvals.models import Approval
from billing.disputes.models import Dispute
from billing.refunds.queries import NEEDS
from billing.refunds.queries import needing_a_person as refunds_needing
from billing.webhooks.models import WebhookEvent
from dashboard.parts.navigation import register_count
from dashboard.queues.queries import sleeping, waiting_for

#: Beyond so many nobody reads the number, and the database need not count.
MOST = 1_000


def refunds(user: Any) -> int:
    """Refunds that need a person and that nobody has snoozed; one with two needs counts once."""
    now = timezone.now()
    found: set[int] = set()
    for key, _, _ in NEEDS:
        rows = refunds_needing(now, key).filter(~sleeping("refund", now)).select_related(None)
        found |= set(rows.values_list("pk", flat=True)[:MOST])
    return len(found)


def disputes(user: Any) -> int:
    """Disputes that wait for our response."""
    return Dispute.objects.filter(state="needs_response")[:MOST].count()


def approvals(user: Any) -> int:
    """Requests that wait for a second person, other than one's own."""
    rows = Approval.objects.filter(state="requested").exclude(asked_by_ref=f"staff:{user.pk}")
    return rows[:MOST].count()


def webhooks(user: Any) -> int:
    """Events that nothing will try again."""
    return WebhookEvent.objects.filter(state="dead")[:MOST].count()


def announce() -> None:
    """Gives the sidebar its counts."""
    register_count("work", waiting_for)
    register_count("refunds", refunds)
    register_count("disputes", disputes)
    register_count("approvals", approvals)
    register_count("webhooks", webhooks)
