"""Reading commitments: which one binds, until when, and what it forbids."""

from datetime import datetime

from django.db.models import QuerySet

from billing.subscriptions.commitments.models import RUNNING, Commitment
from billing.subscriptions.models import Subscription

__all__ = [
    "commitment_by_reference",
    "commitment_of",
    "commitments_for_list",
    "end_of",
    "why_not_now",
]


def commitments_for_list() -> QuerySet[Commitment]:
    """Every commitment with its customer, and its subscription with what it pays."""
    return Commitment.objects.select_related("customer__identity", "subscription").prefetch_related(
        "subscription__items__price__tier"
    )


def commitment_by_reference(reference: str) -> Commitment | None:
    return commitments_for_list().filter(reference=reference).first()


def commitment_of(subscription: Subscription) -> Commitment | None:
    """The commitment that binds this subscription; None without one."""
    return Commitment.objects.filter(subscription=subscription.pk, state__in=RUNNING).first()


def end_of(subscription: Subscription, at: datetime) -> datetime | None:
    """The moment up to which the customer is bound, seen from ``at``; None when nothing binds."""
    found = commitment_of(subscription)
    return found.ends_at if found is not None and found.ends_at > at else None


def why_not_now(subscription: Subscription, at: datetime) -> str:
    """Why it cannot end at this moment, in a sentence; empty when it can."""
    ends_at = end_of(subscription, at)
    if ends_at is None:
        return ""
    return (
        f"{subscription.reference} is committed until {ends_at:%-d %B %Y}. A cancellation takes effect then; "
        "to end it now, release the commitment first."
    )
