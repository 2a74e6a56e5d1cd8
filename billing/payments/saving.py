"""Cards that customers leave with us: kept for later charges, and from then on the one that is charged."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from billing.gateways.facts import MethodFact, PaymentFact
from billing.history.actors import Actor
from billing.history.keeping import Told, keep
from billing.history.models import HistoryEntry
from billing.history.services import entry
from billing.payments.methods import told_of_card
from billing.payments.models import Payment, PaymentMethod
from billing.payments.retrying import charge_again_with_new_method

__all__ = ["keep_saved", "make_default", "save_method"]


def keep_saved(
    payments: Sequence[Payment], facts: Mapping[str, PaymentFact], *, actor: Actor, now: datetime
) -> None:
    """Of payments of ours, locked, keeps what they were paid with where the gateway saved it.

    It belongs to the payment's own customer, whatever the gateway calls them. Telling it twice changes
    nothing.
    """
    for payment in payments:
        fact = facts[payment.gateway_id]
        if fact.saved is None or not payment.idempotency_key:
            continue
        method = save_method(fact.saved, payment.customer_id, actor=actor, now=now)
        if payment.method_id is None:
            payment.method, payment.method_kind = method, method.kind
            payment.card_brand = payment.card_brand or method.brand
            payment.card_last4 = payment.card_last4 or method.last4
            payment.save(update_fields=["method", "method_kind", "card_brand", "card_last4"])


def save_method(fact: MethodFact, customer_id: int, *, actor: Actor, now: datetime) -> PaymentMethod:
    """The method of this fact, on file for the customer who left it, and charged first from now on: once, so
    that another one that is chosen later stays chosen. What the fact leaves out is not taken back."""
    values = {"customer_id": customer_id, **told_of_card(fact)}
    if fact.last4:
        values["kind"] = fact.kind
    birth = {"kind": fact.kind, "created_at": fact.created_at or now}
    kept = keep(
        PaymentMethod,
        fact.gateway,
        [Told(fact.gateway_id, fact.as_of, values, birth)],
        actor=actor,
        now=now,
    )[fact.gateway_id]
    method: PaymentMethod = kept.row
    if kept.outcome == "created":
        charge_again_with_new_method({customer_id}, actor=actor, now=now)
    chosen = HistoryEntry.objects.filter(
        subject_kind="paymentmethod", subject_id=method.pk, kind="default", facts__left_with_us=True
    )
    if method.detached_at is None and not chosen.exists():
        make_default(method, actor=actor, now=now)
    return method


def make_default(method: PaymentMethod, *, actor: Actor, now: datetime) -> None:
    """Makes it the one that its customer is charged with, and no other beside it."""
    rows = PaymentMethod.objects.select_for_update().filter(customer=method.customer_id)
    changed = []
    for row in rows.order_by("pk"):
        if row.is_default != (row.pk == method.pk) or row.pk == method.pk:
            row.is_default = row.pk == method.pk
            changed.append(row)
    PaymentMethod.objects.bulk_update(changed, ["is_default"])
    HistoryEntry.objects.bulk_create(
        [
            entry(
                row, "default", actor=actor, now=now, is_default=row.is_default, left_with_us=row.is_default
            )
            for row in changed
        ]
    )
    method.is_default = True
