"""The locks of commitments: the subscription's first, then the commitment's."""

from billing.errors import Missing
from billing.subscriptions.commitments.models import RUNNING, Commitment
from billing.subscriptions.models import Subscription

__all__ = ["lock_commitment", "lock_running", "lock_subscription"]


def lock_subscription(subscription_id: int) -> Subscription:
    """The subscription, locked until the transaction ends. Raises `Missing`."""
    found = Subscription.objects.select_for_update(of=("self",)).filter(pk=subscription_id).first()
    if found is None:
        raise Missing("subscription_missing", "This subscription is not here.")
    return found


def lock_commitment(commitment_id: int) -> tuple[Subscription, Commitment]:
    """The commitment with its subscription, both locked until the transaction ends. Raises `Missing`."""
    found = Commitment.objects.filter(pk=commitment_id).values_list("subscription_id", flat=True).first()
    if found is None:
        raise Missing("commitment_missing", "This commitment is not here.")
    subscription = lock_subscription(found)
    commitment = Commitment.objects.select_for_update(of=("self",)).get(pk=commitment_id)
    commitment.subscription = subscription
    return subscription, commitment


def lock_running(subscription: Subscription) -> Commitment | None:
    """The commitment that binds a subscription (locked by the caller), locked too."""
    mine = Commitment.objects.filter(subscription=subscription.pk, state__in=RUNNING)
    found = mine.select_for_update(of=("self",)).first()
    if found is not None:
        found.subscription = subscription
    return found
