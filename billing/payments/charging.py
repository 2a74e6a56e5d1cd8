"""Charging an invoice: written first, called outside every transaction, and recorded once, whoever tells."""

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import connection, transaction

from billing.errors import Missing, Refused
from billing.gateways.errors import Declined, GatewayError, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.facts import PaymentFact
from billing.gateways.pacing import heard, is_shut, slow_down
from billing.gateways.registry import charger_named
from billing.history.actors import Actor
from billing.history.actors import gateway as gateway_actor
from billing.history.services import move
from billing.logs import add_facts, service
from billing.metrics.services import count_on_commit
from billing.payments.models import Payment, PaymentAttempt
from billing.payments.own import plan_again
from billing.payments.promising import Order, charging_gateways, promise
from billing.payments.rules import MACHINE
from billing.payments.services import record_payments

__all__ = ["Answer", "call", "collect_invoice", "record_answer", "record_answers"]

#: What came of a call: the gateway's own word, or why there is none.
type Answer = PaymentFact | GatewayError


class NotCalled(GatewayError):
    """It was written, and then nobody called: the gateway had just stopped answering."""

    def __init__(self) -> None:
        super().__init__("not_called", "The gateway had stopped answering, so it was not called.")


#: A gateway that asks to slow down has done nothing: it is asked again under the same key, so often.
TRIES = 3
LONGEST_WAIT = timedelta(seconds=2)
sleep = time.sleep


@service("payments")
def collect_invoice(*, invoice_id: int, actor: Actor, now: datetime, method_id: int | None = None) -> Payment:
    """Charges what is owed on an open invoice of ours to the customer's method on file, and gives the
    payment: succeeded, failed with its reason, waiting, or unknown where nobody answered.

    Never charges an invoice that a payment is under way for, and never twice what is owed. Raises `Refused`
    with a sentence when the invoice cannot be charged now; then nobody was called.
    """
    shut = {name for name in charging_gateways() if is_shut(name, now=now)}
    promised = promise([invoice_id], actor=actor, now=now, method_id=method_id, without=shut)
    if invoice_id in promised.refused:
        raise promised.refused[invoice_id]
    if not promised.orders:
        raise Refused(
            "gateway_shut",
            "The gateway has not answered for a while and is left alone for now. Nothing was charged.",
            retry_helps=True,
        )
    order = promised.orders[0]
    payment = record_answer(order=order, answer=call(order), now=now)
    add_facts(payment=payment.reference, state=payment.state)
    return payment


def call(order: Order) -> Answer:
    """One charge at its gateway, with no transaction open. What went wrong is given, not raised; what is a
    bug is raised, and the payment is looked up later."""
    if connection.in_atomic_block:
        raise RuntimeError("an invoice is never charged inside a transaction")
    try:
        return _call(order)
    except GatewayError as trouble:
        return trouble


def hear(gateway: str, answer: Answer, *, now: datetime) -> None:
    """Tells the breaker whether the gateway is there. A refusal is an answer; our own missing key is none."""
    silent = isinstance(answer, Unreachable) and answer.code != "rate_limited"
    if not isinstance(answer, NotSetUp):
        heard(gateway, answered=not silent, now=now)


def _call(order: Order) -> PaymentFact:
    gateway = charger_named(order.gateway)
    for left in reversed(range(TRIES)):
        try:
            return gateway.charge(
                order.customer_gateway_id,
                order.method_gateway_id,
                order.amount,
                key=order.key,
                description=order.description,
                metadata={"payment": order.key},
            )
        except Unreachable as trouble:
            if trouble.code != "rate_limited" or not left:
                raise
            rest = min(timedelta(seconds=trouble.retry_after or 1), LONGEST_WAIT)
            slow_down(order.gateway, rest)
            sleep(rest.total_seconds())
    raise AssertionError("unreachable")


def record_answer(*, order: Order, answer: Answer, now: datetime) -> Payment:
    """As `record_answers`, for one; gives the payment as it stands then."""
    hear(order.gateway, answer, now=now)
    record_answers([(order, answer)], now=now)
    kept = Payment.objects.filter(idempotency_key=order.key).first()
    if kept is None:
        raise Missing("payment_unknown", "This payment does not exist.")
    return kept


@service("payments")
@transaction.atomic
def record_answers(answers: Iterable[tuple[Order, Answer]], *, now: datetime) -> None:
    """Records what came of calls, once, however late and in whatever order with the gateway's messages.

    A fact goes where every message about a payment goes (`services.record_payments`). No answer makes the
    payment unknown; a refusal fails it. Neither says anything of one that a message has told of meanwhile.
    """
    facts, silent = [], []
    for order, answer in answers:
        if isinstance(answer, GatewayError):
            silent.append((order, answer))
        else:
            # The key is our own, also where a server does not carry it back.
            facts.append(replace(answer, reference=order.key))
    for gateway in sorted({fact.gateway for fact in facts}):
        record_payments(
            [fact for fact in facts if fact.gateway == gateway], actor=gateway_actor(gateway), now=now
        )
    for order, trouble in sorted(silent, key=lambda each: each[0].payment_id):
        end_without_fact(order.payment_id, trouble, now=now)
    add_facts(answered=len(facts), without=len(silent))


def end_without_fact(payment_id: int, trouble: GatewayError, *, now: datetime) -> None:
    """What a call without a fact makes of the payment: unknown, failed, or canceled by our own settings."""
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if payment.gateway_id or payment.state not in ("pending", "unknown"):
        return
    to_state, code = _meaning(trouble)
    if to_state == payment.state:
        return
    said_by = gateway_actor(payment.gateway)
    also = {"failure_code": code, "failure_message": trouble.message, "is_live": to_state == "unknown"}
    move(payment, MACHINE, to_state, actor=said_by, now=now, reason=trouble.message, also=also)
    PaymentAttempt.objects.filter(payment=payment, gateway_id="").update(
        state=to_state, code=code, message=trouble.message
    )
    count_on_commit("payments", 1, gateway=payment.gateway, result=to_state)
    if to_state != "unknown":
        plan_again([payment], actor=said_by, now=now)


def _meaning(trouble: GatewayError) -> tuple[str, str]:
    match trouble:
        case Unreachable():
            return "unknown", "timeout"
        case NotSetUp():
            return "canceled", "not_set_up"
        case NotCalled():
            return "canceled", "not_called"
        case Declined() | GatewayRefused():
            return ("canceled" if trouble.code == "abandoned" else "failed"), trouble.code
        case _:
            return "unknown", "timeout"
