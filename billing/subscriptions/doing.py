"""What every change of a subscription shares: its lock, its key, its record, its invoice, its MRR."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import record
from billing.invoices.composing import Piece
from billing.invoices.issuing import InvoiceOrder, write_invoices
from billing.invoices.models import Invoice
from billing.periods import Period, day_of
from billing.subscriptions.changes import PendingChange, SubscriptionChange
from billing.subscriptions.models import AskedBy, CollectedBy, Subscription, SubscriptionItem
from billing.subscriptions.movements import Change, record_movements
from billing.subscriptions.mrr import Cause
from billing.subscriptions.plans import Facts, Item, in_words
from billing.subscriptions.rules import TERMINAL

__all__ = [
    "Ask",
    "bill",
    "count",
    "done_before",
    "keep",
    "lock",
    "open_change",
    "order_of",
    "put_item",
    "put_period",
    "refuse_if_not_ours",
    "says",
]

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asked for a change (customer, staff or system), why, who does it, and the key of the form."""

    asked_by: str
    reason: str
    actor: Actor
    now: datetime
    key: str | None = None

    def check(self) -> None:
        """Raises `InvalidInput` for an asker that there is not, or without a reason where staff asks."""
        if self.asked_by not in AskedBy.values:
            raise InvalidInput("asker_unknown", "Asked by: customer, staff or system.", field="asked_by")
        if not self.reason.strip() and self.actor.kind == "person":
            raise InvalidInput("reason_missing", "Reason: say why, in a few words.", field="reason")
        if len(self.reason) > LONGEST_REASON:
            raise InvalidInput(
                "reason_too_long", f"Reason: use {LONGEST_REASON} characters at most.", field="reason"
            )
        if self.key is not None and not 0 < len(self.key) <= 64:
            raise InvalidInput("form_key_missing", "This form was not made by the desk. Open it again.")


def lock(subscription_id: int, *, ours: bool = True) -> Subscription:
    """The subscription, locked until the transaction ends: whoever changes or renews it does so alone.

    With ``ours`` raises `Conflict` for one that a gateway collects or that has ended; `Missing` without one.
    """
    found = Subscription.objects.select_for_update(of=("self",)).filter(pk=subscription_id).first()
    if found is None:
        raise Missing("subscription_missing", "This subscription is not here.")
    if ours:
        refuse_if_not_ours(found)
    return found


def refuse_if_not_ours(subscription: Subscription) -> None:
    if subscription.collected_by != CollectedBy.US:
        raise Conflict(
            "subscription_not_ours",
            f"{subscription.reference} is collected by the gateway: change it there, the desk follows.",
        )
    if subscription.state in TERMINAL:
        raise Conflict(
            "subscription_ended",
            f"{subscription.reference} has ended. Start it again to go on.",
        )


def done_before(subscription_id: int | None, ask: Ask, kind: str) -> SubscriptionChange | None:
    """What the same key did before; `Conflict` when that was something else. Ask it under the lock."""
    if ask.key is None:
        return None
    found = SubscriptionChange.objects.filter(key=ask.key).first()
    if found is None:
        return None
    if found.kind != kind or (subscription_id is not None and found.subscription_id != subscription_id):
        raise Conflict("key_used_before", "This form has been used for something else. Open it again.")
    return found


def open_change(subscription_id: int) -> PendingChange | None:
    """The change that waits for the end of its period, if one does."""
    rows = PendingChange.objects.filter(
        subscription=subscription_id, applied_at__isnull=True, withdrawn_at__isnull=True
    )
    return rows.select_related("price__tier").first()


def keep(
    subscription: Subscription,
    kind: str,
    ask: Ask,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    to_state: str = "",
) -> SubscriptionChange:
    """Writes what was done, beside the history of the subscription; ``to_state`` is what it began in."""
    made = SubscriptionChange.objects.create(
        subscription=subscription,
        kind=kind,
        key=ask.key,
        asked_by=ask.asked_by,
        reason=ask.reason.strip(),
        at=ask.now,
        actor_ref=ask.actor.ref,
        actor_name=ask.actor.name,
        before=before,
        after=after,
    )
    record(
        subscription, kind, actor=ask.actor, now=ask.now, reason=ask.reason.strip(), asked_by=ask.asked_by,
        to_state=to_state, before=before, after=after,
    )  # fmt: skip
    return made


def put_item(row_id: int | None, item: Item) -> None:
    """The subscription's item becomes this one."""
    SubscriptionItem.objects.filter(pk=row_id or 0).update(
        price_id=item.price.id, quantity=item.quantity, discount_minor=item.discount_minor
    )


def put_period(subscription: Subscription, anchor_at: datetime, period: Period | None) -> list[str]:
    """Sets anchor and period on the row; gives the columns to save."""
    subscription.anchor_at = anchor_at
    if period is not None:
        subscription.current_period_start, subscription.current_period_end = period.start, period.end
    return ["anchor_at", "current_period_start", "current_period_end"]


def says(facts: Facts) -> dict[str, Any]:
    """The plan and period of a subscription as its record keeps them."""
    return {
        "plan": in_words(facts.main) if facts.items else "",
        "price": facts.main.price.id if facts.items else None,
        "quantity": facts.main.quantity if facts.items else None,
        "period_end": facts.period.end.isoformat() if facts.period else None,
    }


def count(
    subscription: Subscription, at: datetime, ask: Ask, cause: Cause = "changed", *, past: bool = True
) -> None:
    """Makes the customer's MRR movements add up again; ``past`` as `Change` has it."""
    change = Change(subscription.pk, subscription.customer_id, subscription.currency, at, cause, past)
    record_movements({subscription.customer_id}, [change], actor=ask.actor, now=ask.now)


@transaction.atomic
def bill(facts: Facts, pieces: Sequence[Piece], *, cause: str, ask: Ask) -> Invoice | None:
    """One invoice of the pieces, the last thing in its transaction: what does not fit waits for the next.

    None when there is nothing to bill. Twice for one cause is once.
    """
    if not pieces:
        return None
    order = order_of(facts, pieces, cause=cause, on=ask.now)
    written = write_invoices([order], actor=ask.actor, now=ask.now)
    return written[0] if written else None


def order_of(facts: Facts, pieces: Sequence[Piece], *, cause: str, on: datetime) -> InvoiceOrder:
    """What the subscription's invoice is written from."""
    return InvoiceOrder(
        customer_id=facts.customer_id,
        subscription_id=facts.id,
        currency=facts.currency,
        pieces=tuple(pieces),
        cause=cause,
        collect=facts.collection,
        tax_point=day_of(on),
        due_days=0 if facts.collection == "charge" else facts.due_days,
    )
