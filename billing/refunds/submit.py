"""The call: a promised refund is sent to its gateway, with its reference as the key, until there is an
answer; after a day it is looked up and never sent again."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import connection, transaction

from billing.errors import Refused
from billing.gateways.errors import Declined, GatewayError, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.facts import RefundFact
from billing.gateways.protocol import Gateway
from billing.gateways.registry import gateway_named
from billing.history.actors import gateway as gateway_actor
from billing.history.actors import system
from billing.history.context import acting
from billing.history.services import move, record
from billing.logs import add_facts, service
from billing.money import Money
from billing.refunds import locks, overtaken, queue, rules
from billing.refunds.answer import record_answer
from billing.refunds.models import Refund

#: Gateways promise to remember a key for a day; after that the same call might be carried out twice.
KEY_LIVES = timedelta(hours=23)
#: A pending refund that we have heard nothing about for so long is asked for.
QUIET = timedelta(days=1)
#: How long a refund may be without a job before it is given a new one.
GRACE = timedelta(minutes=2)
#: What gateways answer about a payment that they do not have.
UNKNOWN_OBJECT = frozenset({"not_found", "resource_missing"})
MOST_ATTEMPTS = 200
BATCH = 200
WORKER = system("worker")


@service("refunds")
def submit_refund(*, refund_id: int, now: datetime) -> Refund:
    """Sends an approved refund, or sends again one whose answer never came, under the same key.

    Holds no transaction during the call. A refusal is recorded and the refund fails; `Unreachable` and
    `NotSetUp` propagate, so that the job tries again. Does nothing when there is nothing left to send.
    """
    with acting(WORKER):
        refund = _claim(refund_id, now)
        if refund.state != "submitting":
            return refund
        try:
            fact = _call(refund, now)
        except (Unreachable, NotSetUp) as trouble:
            _note_trouble(refund_id, trouble, now)
            raise
        return _record(refund, fact, now)


def _claim(refund_id: int, now: datetime) -> Refund:
    """Says in a transaction of its own that we are about to call, before anybody is called."""
    with transaction.atomic():
        refund = overtaken.lock_with_payment(refund_id)
        if overtaken.give_up(refund, actor=WORKER, now=now):
            return refund
        tried = {"attempts": min(refund.attempts + 1, 32_000), "last_attempt_at": now}
        if refund.state == "approved":
            also = tried | {"submitted_at": now}
            move(refund, rules.MACHINE, "submitting", actor=WORKER, now=now, also=also)
        elif refund.state == "submitting":
            for name, value in tried.items():
                setattr(refund, name, value)
            refund.save(update_fields=list(tried))
        add_facts(refund=refund.reference, attempt=refund.attempts)
        return refund


def _call(refund: Refund, now: datetime) -> RefundFact:
    if connection.in_atomic_block:
        raise RuntimeError("a refund is never sent inside a transaction")
    gateway = gateway_named(refund.gateway)
    if refund.submitted_at and now - refund.submitted_at > KEY_LIVES:
        return _looked_up(gateway, refund, now)
    if refund.attempts > 1 and not gateway.remembers_keys:
        found = _found(gateway, refund)
        if found:
            return found
    try:
        return gateway.refund(
            refund.payment.gateway_id,
            Money(refund.amount_minor, refund.currency),
            key=refund.reference,
            reason=refund.reason,
            metadata={"payment": refund.payment.reference},
        )
    except Declined as no:
        return _failure(refund, no.code, no.message, now)
    except GatewayRefused as no:
        # An earlier call may have been carried out: then the gateway's own record says so.
        found = _found(gateway, refund) if refund.attempts > 1 or no.code == "key_reused" else None
        return found or _failure(refund, no.code, no.message, now)


def _looked_up(gateway: Gateway, refund: Refund, now: datetime) -> RefundFact:
    """What became of a call whose key may be forgotten by now: it is not sent again."""
    return _found(gateway, refund) or _failure(
        refund,
        "never_arrived",
        "The gateway never received this refund. Nothing was given back; make a new one.",
        now,
    )


def _found(gateway: Gateway, refund: Refund) -> RefundFact | None:
    """The gateway's own record of this refund; one that does not know the payment has none."""
    try:
        return gateway.find_refund(refund.payment.gateway_id, refund.reference)
    except GatewayRefused as no:
        if no.code in UNKNOWN_OBJECT:
            return None
        # Any other refusal says nothing about the refund: to take it for "never arrived" could pay twice.
        raise Unreachable("lookup_refused", f"The gateway would not say what became of it: {no}") from no


def _failure(refund: Refund, code: str, message: str, now: datetime) -> RefundFact:
    return RefundFact(
        gateway=refund.gateway,
        gateway_id="",
        payment_gateway_id=refund.payment.gateway_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        state="failed",
        created_at=now,
        as_of=now,
        reference=refund.reference,
        failure_code=code,
        message=message,
    )


def _record(refund: Refund, fact: RefundFact, now: datetime) -> Refund:
    # The key is the reference, so an answer to our own call is ours even where the reference is not told.
    mine = replace(fact, reference=refund.reference)
    return record_answer(fact=mine, actor=gateway_actor(refund.gateway), now=now, refund_id=refund.pk)


def _note_trouble(refund_id: int, trouble: GatewayError, now: datetime) -> None:
    """Tells the person who looks that it is being tried again, and why."""
    with transaction.atomic():
        refund = locks.lock_refund(refund_id)
        if refund.state != "submitting" or refund.gateway_message == trouble.message:
            return
        refund.gateway_message = trouble.message
        refund.save(update_fields=["gateway_message"])
        record(
            refund,
            "unreachable",
            actor=WORKER,
            now=now,
            reason=trouble.message,
            code=trouble.code,
            attempt=refund.attempts,
        )


@service("refunds")
def resume_refunds(*, now: datetime) -> int:
    """Gives a new job to each refund that should have one and has none; returns how many."""
    lost = Refund.objects.filter(state="approved", created_at__lt=now - GRACE).order_by("-created_at", "-id")
    stuck = Refund.objects.filter(
        state="submitting", last_attempt_at__lt=now - GRACE, attempts__lt=MOST_ATTEMPTS, origin="desk"
    ).order_by("last_attempt_at")
    ids = [*lost.values_list("pk", flat=True)[:BATCH], *stuck.values_list("pk", flat=True)[:BATCH]]
    resumed = queue.SUBMIT.without_one(ids)
    for refund_id in resumed:
        with transaction.atomic():
            queue.enqueue_submit(refund_id)
    add_facts(resumed=len(resumed))
    return len(resumed)


@service("refunds")
def settle_stuck_refunds(*, now: datetime) -> int:
    """Asks the gateways about refunds that we have heard nothing of for a day: those still being submitted
    (found, or never arrived) and those pending. Returns how many were settled or confirmed."""
    submitting = Refund.objects.filter(state="submitting", submitted_at__lt=now - KEY_LIVES)
    quiet = Refund.objects.filter(state__in=("pending", "requires_action"), gateway_as_of__lt=now - QUIET)
    settled = 0
    with acting(WORKER):
        for refund in submitting.select_related("payment").order_by("last_attempt_at")[:BATCH]:
            settled += _settle(refund, now)
        for refund in quiet.select_related("payment").order_by("gateway_as_of")[:BATCH]:
            settled += _settle(refund, now)
    add_facts(settled=settled)
    return settled


def _settle(refund: Refund, now: datetime) -> bool:
    """One that cannot be asked about now is asked about the next time; the others go on."""
    try:
        gateway = gateway_named(refund.gateway)
        if refund.state == "submitting":
            fact: RefundFact | None = _looked_up(gateway, refund, now)
        else:
            fact = gateway.retrieve_refund(refund.gateway_id)
        if fact is None:
            return False
        _record(refund, fact, now)
    except (GatewayError, Refused) as trouble:
        add_facts(**{f"unsettled_{refund.reference}": trouble.code})
        return False
    return True
