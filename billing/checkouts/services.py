"""Writing what gateways tell of their own checkout pages."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.checkouts.models import CheckoutSession, CheckoutState
from billing.checkouts.paging import give_up_payment
from billing.checkouts.rules import MACHINE
from billing.customers.services import mention_customers
from billing.gateways.facts import CheckoutFact
from billing.history.actors import Actor
from billing.history.keeping import Kept, Told, keep, lock_ids
from billing.ids import new_reference
from billing.invoices.services import missing
from billing.logs import add_facts, service
from billing.payments.card_leaving import heard_of
from billing.payments.queries import by_gateway_id
from billing.subscriptions.models import Subscription


@service("checkouts")
@transaction.atomic
def record_checkouts(facts: Sequence[CheckoutFact], *, actor: Actor, now: datetime) -> dict[str, Kept]:
    """Makes our sessions say what a gateway tells, linked to the payment and subscription that came of them.

    Raises `Missing` where a complete one names a payment or a subscription that is not known yet. It posts
    nothing: the payment does.
    """
    kept: dict[str, Kept] = {}
    for gateway in {fact.gateway for fact in facts}:
        some = {f.gateway_id: f for f in sorted(facts, key=lambda f: f.as_of) if f.gateway == gateway}
        _adopt(gateway, some.values())
        told = _told(gateway, list(some.values()), actor, now)
        kept |= keep(CheckoutSession, gateway, told, actor=actor, now=now, machine=MACHINE, adjust=_adjust)
    for each in kept.values():
        if each.row.is_ours and each.row.state == CheckoutState.EXPIRED and "state" in each.was:
            give_up_payment(each.row, actor=actor, now=now)
    complete = [fact.reference for fact in facts if fact.mode == "setup" and fact.state == "complete"]
    if any(complete):
        heard_of(references=[each for each in complete if each])
    add_facts(told=len(facts), written=sum(each.written for each in kept.values()))
    return kept


def _adopt(gateway: str, facts: Iterable[CheckoutFact]) -> None:
    """Gives our sessions the ids by which a gateway calls them, where it tells of them before it answers."""
    told = {fact.reference: fact.gateway_id for fact in facts if fact.reference}
    if not told:
        return
    lock_ids(CheckoutSession._meta.db_table, gateway, told.values())
    rows = CheckoutSession.objects.select_for_update().filter(
        gateway=gateway, gateway_id="", reference__in=list(told)
    )
    for row in rows.order_by("pk"):
        row.gateway_id = told[row.reference]
        row.save(update_fields=["gateway_id"])


def _told(gateway: str, facts: Sequence[CheckoutFact], actor: Actor, now: datetime) -> list[Told]:
    customers = mention_customers(gateway, [fact.customer_id for fact in facts], actor=actor, now=now)
    payments = by_gateway_id(gateway, [fact.payment_id for fact in facts])
    ids = [fact.subscription_id for fact in facts if fact.subscription_id]
    subscriptions = {
        row.gateway_id: row for row in Subscription.objects.filter(gateway=gateway, gateway_id__in=ids)
    }
    told = []
    for fact in facts:
        payment = payments.get(fact.payment_id)
        subscription = subscriptions.get(fact.subscription_id)
        if fact.state == CheckoutState.COMPLETE:
            if fact.payment_id and payment is None:
                raise missing("payment_intent", fact.payment_id, fact.gateway_id)
            if fact.subscription_id and subscription is None:
                raise missing("subscription", fact.subscription_id, fact.gateway_id)
        links: dict[str, Any] = {
            "customer_id": customers[fact.customer_id].pk if fact.customer_id else None,
            "payment_id": payment.pk if payment else None,
            "subscription_id": subscription.pk if subscription else None,
        }
        values = {
            "mode": fact.mode,
            "state": fact.state,
            "payment_state": fact.payment_state,
            "currency": fact.currency,
            "amount_minor": fact.amount_minor,
            "expires_at": fact.expires_at,
            **{name: pk for name, pk in links.items() if pk},
        }
        birth = {
            "reference": new_reference("CHK", fact.created_at.date()),
            "created_at": fact.created_at,
        }
        told.append(Told(fact.gateway_id, fact.as_of, values, birth))
    return told


def _adjust(row: CheckoutSession, values: dict[str, Any]) -> dict[str, Any]:
    """A session that is complete stays so, whatever a message without a state makes one think; and what one
    of ours sells, to whom and for how much is not the gateway's to say."""
    if row.is_ours:
        fixed = ("customer_id", "payment_id", "subscription_id", "currency", "amount_minor", "mode")
        values = {name: value for name, value in values.items() if name not in fixed}
    if row.state == CheckoutState.COMPLETE and values["state"] != CheckoutState.COMPLETE:
        return {name: value for name, value in values.items() if name != "state"}
    return values
