"""Reading disputes."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from billing.disputes.models import Dispute

#: How long before its deadline a response is pressing.
SOON = timedelta(days=3)


def disputes_for_list() -> QuerySet[Dispute]:
    """Every dispute with its customer and payment: one query."""
    return Dispute.objects.select_related("customer__identity", "payment")


def dispute_by_reference(reference: str) -> Dispute | None:
    return disputes_for_list().filter(reference=reference).first()


def is_pressing(dispute: Dispute, now: datetime) -> bool:
    """Whether a response is still to be given and its deadline is near or past."""
    due = dispute.evidence_due_at
    return dispute.state == "needs_response" and due is not None and due <= now + SOON
