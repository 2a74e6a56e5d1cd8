"""What a paid checkout of a plan brings: its subscription, once, with the invoice of what was paid.

Whoever has another that costs something by then gets no second one: the money stays in their balance, pays
their next invoice, and the desk is told, which can give it back instead.
"""

from datetime import datetime

from billing.checkouts import locks
from billing.checkouts.completing import complete
from billing.checkouts.models import CheckoutSession
from billing.checkouts.subscribing import costing
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import note_odd
from billing.money import Money
from billing.payments.models import Payment
from billing.subscriptions.canceling import cancel_subscription
from billing.subscriptions.models import CollectedBy, Subscription
from billing.subscriptions.starting import Paid, Started, start_subscription

__all__ = ["begin", "keep_money"]

WHY = "Bought by checkout"


def begin(
    session: CheckoutSession, payment: Payment, *, actor: Actor, now: datetime
) -> Started | Subscription:
    """The subscription that was paid, started; or the one that stands in its way, and nothing was written.

    Session and payment are locked by the caller. A free one makes room. It begins when it is given, not when
    it was paid: nobody could use it before.
    """
    assert session.price is not None and session.customer_id is not None
    running = locks.lock_standing(session.customer_id)
    if (other := costing(running)) is not None:
        return other
    for free in running:
        if free.collected_by == CollectedBy.US:
            cancel_subscription(
                subscription_id=free.pk,
                when="now",
                reason=f"{session.price.tier.name} takes its place",
                asked_by="customer",
                actor=actor,
                now=now,
            )
    amount = Money(payment.captured_minor, payment.currency)
    paid = Paid(
        amount=amount,
        cause=f"checkout:{session.reference}",
        on=(payment.succeeded_at or now).date(),
        why={"checkout": session.reference},
    )
    return start_subscription(
        customer_id=session.customer_id,
        price_id=session.price.pk,
        quantity=session.quantity,
        asked_by="customer",
        reason=WHY,
        key=f"checkout:{session.reference}",
        paid=paid,
        actor=actor,
        now=now,
    )


def keep_money(
    session: CheckoutSession, payment: Payment, other: Subscription, *, actor: Actor, now: datetime
) -> None:
    """Notes, once, that nothing was started for what was paid: it is the customer's, in their balance."""
    note_odd("checkouts.paid_a_second_plan", checkout=session.reference, subscription=other.reference)
    complete(session, actor=actor, now=now, kept_at=now, failure="already_subscribed")
    record(
        session, "kept", actor=actor, now=now, subscription=other.reference,
        money=Money(payment.captured_minor, payment.currency),
    )  # fmt: skip
