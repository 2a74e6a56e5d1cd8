"""Payments whose outcome nobody told: looked up, never charged again blindly.

Beside those that timed out, these are payments whose process died between the call and the answer, and those
that wait for a bank or a customer.
"""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from billing.errors import Conflict, Missing, Refused
from billing.gateways.errors import GatewayRefused, NotSetUp, Unreachable
from billing.gateways.facts import PaymentFact
from billing.gateways.pacing import heard, is_shut
from billing.gateways.registry import charger_named
from billing.history.actors import Actor
from billing.history.actors import gateway as gateway_actor
from billing.history.services import move, record
from billing.logs import add_facts, service
from billing.notifications.services import close_others, open_alert
from billing.payments.charging import end_without_fact
from billing.payments.models import Payment, PaymentAttempt
from billing.payments.paying import close_page_of
from billing.payments.rules import ARRIVES_WITHIN, MACHINE, TOO_LONG, UNDER_WAY, next_look
from billing.payments.services import record_payments

#: Payments that are unknown for longer than a day.
UNKNOWN_FOR_LONG = "payments.unknown_for_long"
BATCH = 200


@service("payments")
def look_up_payment(*, payment_id: int, actor: Actor, now: datetime) -> Payment:
    """Asks the gateway what became of a payment and records the answer; gives the payment as it stands.

    A gateway that has never heard of it, long enough after the call, did not get it: then it failed, and
    the invoice can be charged again. Raises `Conflict` when the gateway cannot be asked now.
    """
    payment = _noted(payment_id, actor, now)
    if payment.checkout_until is not None and payment.checkout_id and now >= payment.checkout_until:
        return close_page_of(payment=payment, actor=actor, now=now)
    try:
        fact = _ask(payment)
    except (Unreachable, NotSetUp) as trouble:
        heard(payment.gateway, answered=isinstance(trouble, NotSetUp), now=now)
        raise Conflict(
            "lookup_unanswered", f"{payment.reference} cannot be looked up now: {trouble}", retry_helps=True
        ) from trouble
    heard(payment.gateway, answered=True, now=now)
    if fact is not None:
        told = replace(fact, reference=payment.idempotency_key or "")
        record_payments([told], actor=gateway_actor(payment.gateway), now=now)
    elif now - payment.created_at >= ARRIVES_WITHIN and not payment.checkout_id:
        _never_arrived(payment, now)
    payment.refresh_from_db()
    add_facts(payment=payment.reference, state=payment.state, found=fact is not None)
    return payment


@service("payments")
def look_up_due(*, now: datetime) -> int:
    """Looks up every live payment whose time has come, and tells the desk of those that nobody could tell of
    for a day. Gives how many have come to an outcome."""
    settled = 0
    for payment in Payment.objects.filter(is_live=True).order_by("created_at", "pk")[:BATCH]:
        if now < next_look(payment.created_at, payment.looked_up_at) or is_shut(payment.gateway, now=now):
            continue
        if payment.checkout_until is not None and now < payment.checkout_until:
            continue
        try:
            done = look_up_payment(payment_id=payment.pk, actor=gateway_actor(payment.gateway), now=now)
        except Refused as trouble:  # quiet: the others go on, and this one is asked about again
            add_facts(**{f"unsettled_{payment.reference}": trouble.code})
            continue
        settled += not done.is_live
    tell_the_desk(now=now)
    add_facts(settled=settled)
    return settled


def tell_the_desk(*, now: datetime) -> None:
    """One alert for each gateway with payments unknown for a day, closed when there are none."""
    rows = Payment.objects.filter(is_live=True, state="unknown", created_at__lt=now - TOO_LONG)
    counts: dict[str, int] = {}
    for gateway in rows.order_by("pk").values_list("gateway", flat=True)[:BATCH]:
        counts[gateway] = counts.get(gateway, 0) + 1
    for gateway, count in counts.items():
        words = "A payment" if count == 1 else f"{count} payments"
        open_alert(
            kind=UNKNOWN_FOR_LONG,
            key=gateway,
            sentence=f"{words} through {gateway} could not be looked up for a day.",
            now=now,
            facts={"gateway": gateway, "payments": count},
        )
    close_others(kind=UNKNOWN_FOR_LONG, keys=set(counts), now=now)


def _noted(payment_id: int, actor: Actor, now: datetime) -> Payment:
    """The payment, with the moment of this look-up; one whose call nobody waits for any more is unknown."""
    with transaction.atomic():
        payment = Payment.objects.select_for_update().filter(pk=payment_id).first()
        if payment is None:
            raise Missing("payment_unknown", "This payment does not exist.")
        if not payment.is_live and payment.state != "unknown":
            raise Conflict(
                "outcome_is_known",
                f"{payment.reference} is {payment.get_state_display().lower()}: there is nothing to look up.",
            )
        payment.looked_up_at = now
        payment.save(update_fields=["looked_up_at"])
        lost = payment.state == "pending" and not payment.gateway_id and not payment.checkout_id
        if lost and now - payment.created_at >= UNDER_WAY:
            why = "The answer to the call never came."
            also = {"failure_code": "timeout", "failure_message": why}
            move(payment, MACHINE, "unknown", actor=actor, now=now, reason=why, also=also)
            PaymentAttempt.objects.filter(payment=payment, gateway_id="").update(
                state="unknown", code="timeout"
            )
        record(payment, "looked_up", actor=actor, now=now)
    return payment


def _ask(payment: Payment) -> PaymentFact | None:
    gateway = charger_named(payment.gateway)
    if payment.gateway_id:
        return gateway.retrieve_payment(payment.gateway_id)
    customer = payment.customer
    try:
        return gateway.find_charge(
            payment.idempotency_key or "",
            customer_gateway_id=customer.gateway_id if customer.gateway == payment.gateway else "",
            checkout_id=payment.checkout_id,
        )
    except GatewayRefused as no:
        # A refused look-up says nothing about the charge: to take it for "never arrived" could charge twice.
        raise Unreachable("lookup_refused", f"The gateway would not say what became of it: {no}") from no


def _never_arrived(payment: Payment, now: datetime) -> None:
    no = GatewayRefused("never_arrived", "The gateway never received this charge. Nothing was taken.")
    with transaction.atomic():
        end_without_fact(payment.pk, no, now=now)
