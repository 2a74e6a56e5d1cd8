"""What a gateway says about a refund: the job, the webhook, the import and the look-up all end here."""

from datetime import datetime

from django.db import transaction

from billing.approvals.services import return_use
from billing.disputes.answering import refund_changed
from billing.gateways.facts import RefundFact
from billing.history.actors import Actor, gateway
from billing.history.models import HistoryEntry
from billing.history.services import move, record
from billing.ids import new_reference
from billing.logs import add_facts, note_odd, service
from billing.metrics.services import count_on_commit
from billing.money import Money
from billing.refunds import locks, rules
from billing.refunds.clawing import claw_for_plain, unclaw
from billing.refunds.models import Refund, RefundReason
from billing.refunds.postings import post_approved, post_succeeded, take_back
from billing.refunds.queries import balance_part, refundable_of

AT_GATEWAY = "made at the gateway"


@service("refunds")
def record_answer(*, fact: RefundFact, actor: Actor, now: datetime, refund_id: int | None = None) -> Refund:
    """Records what the gateway said, once, however often and in whatever order it is said.

    Finds the refund by ``refund_id``, else by the gateway's id, else by our reference, else enters it as
    one made at the gateway. A report about an earlier moment than what is stored changes nothing; one that
    our states do not foresee is kept in the history as a surprise. Raises `Missing` when neither the refund
    nor its payment is known.
    """
    said_by = actor if actor.kind == "gateway" else gateway(fact.gateway)
    with transaction.atomic():
        refund = _ours(fact, refund_id)
        if refund is None:
            refund = _enter(fact, said_by, now)
        elif _is_another(refund, fact):
            _surprise(refund, fact, "another_refund", said_by, now)
            refund = _enter(fact, said_by, now)
        else:
            _apply(refund, fact, said_by, now)
    add_facts(refund=refund.reference, state=refund.state, reported=fact.state, heard_by=actor.ref)
    return refund


@service("refunds")
def record_gateway_refund(*, fact: RefundFact, actor: Actor, now: datetime) -> Refund:
    """What a webhook or an import tells of a refund, ours or not: the same as `record_answer`."""
    return record_answer(fact=fact, actor=actor, now=now)


def _ours(fact: RefundFact, refund_id: int | None) -> Refund | None:
    if refund_id is not None:
        return locks.lock_refund(refund_id)
    if fact.gateway_id and (found := locks.lock_first(gateway=fact.gateway, gateway_id=fact.gateway_id)):
        return found
    if not fact.reference:
        return None
    return locks.lock_first(
        gateway=fact.gateway,
        reference=fact.reference,
        payment__gateway_id=fact.payment_gateway_id,
        origin="desk",
    )


def _is_another(refund: Refund, fact: RefundFact) -> bool:
    """Whether the gateway tells of money that moved beside ours: it carries our reference but another id,
    or moved although we had given the refund up."""
    if refund.gateway_id:
        return bool(fact.gateway_id) and fact.gateway_id != refund.gateway_id
    return bool(fact.gateway_id) and refund.state not in rules.HOLDS and fact.state in rules.HOLDS


def _apply(refund: Refund, fact: RefundFact, actor: Actor, now: datetime) -> None:
    """Brings the refund, locked, to where the gateway says it is."""
    if (fact.amount_minor, fact.currency) != (refund.amount_minor, refund.currency):
        _surprise(refund, fact, "another_amount", actor, now)
    if not rules.is_news(
        state=refund.state,
        as_of=refund.gateway_as_of,
        reported=fact.state,
        reported_as_of=fact.as_of,
    ):
        return
    if _is_known(refund, fact):
        return
    told: dict[str, object] = {"gateway_as_of": fact.as_of}
    if fact.gateway_id:
        told["gateway_id"] = fact.gateway_id
    if fact.state == refund.state:
        _save(refund, told | _words(fact))
        return
    if refund.state == "approved":
        _surprise(refund, fact, "not_yet_sent", actor, now)
        move(refund, rules.MACHINE, "submitting", actor=actor, now=now, also={"submitted_at": now})
    if not rules.MACHINE.allows(refund.state, fact.state, by_gateway=True):
        _surprise(refund, fact, "unforeseen_state", actor, now)
        _save(refund, told)
        return
    at = max(fact.as_of, refund.created_at)
    stamp = {"succeeded": {"succeeded_at": at}, "failed": {"failed_at": at}}.get(fact.state, {})
    money = Money(refund.amount_minor, refund.currency)
    move(
        refund,
        rules.MACHINE,
        fact.state,
        actor=actor,
        now=now,
        reason=fact.message,
        money=money,
        also=told | stamp | _words(fact),
        as_of=fact.as_of.isoformat(),
    )
    count_on_commit("refunds", gateway=refund.gateway, result=fact.state)
    if fact.state == "succeeded":
        post_succeeded(refund, actor=actor, now=now, at=at)
    elif fact.state not in rules.HOLDS:
        take_back(refund, actor=actor, now=now)
        # With a credit note the money is the customer's again and the note stays, and so does what it took.
        if refund.credit_note_id is None:
            unclaw(refund, actor=actor, now=now)
        return_use(subject=refund, now=now)
    refund_changed(payment_id=refund.payment_id, actor=actor, now=now)


def _is_known(refund: Refund, fact: RefundFact) -> bool:
    """Whether the gateway says again what it has said: then not even the moment of the report is written."""
    stored = {"gateway_id": refund.gateway_id, "state": refund.state}
    told = {"gateway_id": fact.gateway_id or refund.gateway_id, "state": fact.state}
    words = {name: getattr(refund, name) for name in _words(fact)}
    return refund.gateway_as_of is not None and (stored, words) == (told, _words(fact))


def _words(fact: RefundFact) -> dict[str, object]:
    return {"gateway_message": fact.message[:300], "failure_code": fact.failure_code[:64]}


def _save(refund: Refund, columns: dict[str, object]) -> None:
    changed = [name for name, value in columns.items() if getattr(refund, name) != value]
    for name in changed:
        setattr(refund, name, columns[name])
    if changed:
        refund.save(update_fields=changed)


def _enter(fact: RefundFact, actor: Actor, now: datetime) -> Refund:
    """A refund first heard of from the gateway goes through the same states and waits to be seen."""
    payment = locks.lock_payment(gateway=fact.gateway, gateway_id=fact.payment_gateway_id)
    # Somebody else may have entered it while we waited for the lock.
    if known := Refund.objects.filter(gateway=fact.gateway, gateway_id=fact.gateway_id).first():
        known = locks.lock_refund(known.pk)
        _apply(known, fact, actor, now)
        return known
    money = Money(fact.amount_minor, fact.currency)
    before = refundable_of(payment).left
    drawn = balance_part(payment, money) if money.currency == payment.currency else Money(0, money.currency)
    refund = Refund.objects.create(
        reference=new_reference("REF", fact.created_at.date()),
        payment=payment,
        customer_id=payment.customer_id,
        state="draft",
        origin="gateway",
        gateway=fact.gateway,
        gateway_id=fact.gateway_id,
        reason=fact.reason if fact.reason in RefundReason.values else RefundReason.OTHER,
        currency=money.currency,
        amount_minor=money.minor,
        from_balance_minor=drawn.minor,
        asked_by_ref=actor.ref,
        asked_by_name=actor.name,
        allowed_by_rule=AT_GATEWAY,
        created_at=fact.created_at,
    )
    record(refund, "state", to_state="draft", actor=actor, now=now, money=money, reason=AT_GATEWAY)
    move(refund, rules.MACHINE, "approved", actor=actor, now=now, money=money, reason=AT_GATEWAY)
    post_approved(refund, actor=actor, now=now, at=fact.created_at)
    claw_for_plain(refund, actor=actor, now=now)
    sent = {"submitted_at": fact.created_at}
    move(refund, rules.MACHINE, "submitting", actor=actor, now=now, also=sent)
    if money.currency != payment.currency or (fact.state in rules.HOLDS and money > before):
        _surprise(refund, fact, "more_than_refundable", actor, now, left_minor=before.minor)
    _apply(refund, fact, actor, now)
    return refund


def _surprise(
    refund: Refund, fact: RefundFact, kind: str, actor: Actor, now: datetime, **facts: object
) -> None:
    """Keeps what nobody expected, once, in the history and in the log; it changes no state by itself."""
    seen = f"{kind}:{fact.gateway_id}:{fact.state}:{fact.amount_minor}{fact.currency}"
    written = HistoryEntry.objects.filter(
        subject_kind="refund", subject_id=refund.pk, kind="surprise", facts__seen=seen
    )
    if written.exists():
        return
    record(
        refund,
        "surprise",
        actor=actor,
        now=now,
        money=Money(fact.amount_minor, fact.currency),
        surprise=kind,
        seen=seen,
        ours=refund.state,
        theirs=fact.state,
        gateway_id=fact.gateway_id,
        **facts,
    )
    note_odd(f"refund_{kind}", refund=refund.reference, ours=refund.state, theirs=fact.state)
