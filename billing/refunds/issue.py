"""The promise: a refund that the rule allows, written with its key before any gateway hears of it."""

from datetime import datetime

from django.db import IntegrityError, transaction

from billing.approvals import services as approvals
from billing.approvals.rules import Verdict
from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import move, record
from billing.ids import new_reference
from billing.logs import add_facts, note_odd, service
from billing.money import Money
from billing.payments.models import Payment
from billing.refunds import locks, queue, rules, telling
from billing.refunds.approving import ACTION, bound_params, bound_reason
from billing.refunds.clawing import claw_for_plain
from billing.refunds.models import Refund
from billing.refunds.postings import post_approved
from billing.refunds.queries import balance_part, payment_facts, refundable_of


@service("refunds")
def issue_refund(
    *,
    payment_id: int,
    amount: Money,
    reason: str,
    note_internal: str,
    note_to_customer: str,
    actor: Actor,
    form_key: str,
    now: datetime,
    write_to_customer: bool = False,
    allowed_by: str = "",
) -> Refund:
    """Promises ``amount`` of a payment back and queues the job that sends it, in one transaction.

    The same ``form_key`` with the same payment, amount and reason gives the refund that it made before.
    ``allowed_by`` says which yes it stands under already, as that to a whole run of refunds; limits are then
    not asked. Never promises more than is refundable, however many try at once. Raises `InvalidInput`
    (naming the field), `Conflict` and `Missing`; then nothing was written.
    """
    if not form_key or len(form_key) > 64:
        raise InvalidInput("form_key_missing", "This form was not made by the desk. Open it again.")
    asked = (payment_id, amount, reason)
    try:
        with transaction.atomic():
            payment = locks.lock_payment(pk=payment_id)
            if made := Refund.objects.filter(form_key=form_key).first():
                return _same(made, asked)
            left = refundable_of(payment).left
            rules.check_refund(
                amount,
                left=left,
                payment=payment_facts(payment),
                reason=reason,
                note_internal=note_internal,
                note_to_customer=note_to_customer,
            )
            refund = _write(
                payment, amount, reason, note_internal, note_to_customer, actor, form_key, now, allowed_by
            )
            if write_to_customer:
                telling.promise(refund, actor=actor, now=now)
    except IntegrityError as error:
        if "form_key" not in str(error):
            raise
        # The same form on another payment, in the same moment: only the first of them counts.
        return _same(Refund.objects.get(form_key=form_key), asked)
    add_facts(refund=refund.reference, payment=payment.reference, amount=str(amount))
    return refund


def _write(
    payment: Payment,
    amount: Money,
    reason: str,
    note_internal: str,
    note_to_customer: str,
    actor: Actor,
    form_key: str,
    now: datetime,
    allowed_by: str,
) -> Refund:
    refund = Refund.objects.create(
        reference=new_reference("REF", now.date()),
        form_key=form_key,
        payment=payment,
        customer_id=payment.customer_id,
        state="draft",
        origin="desk",
        gateway=payment.gateway,
        reason=reason,
        currency=amount.currency,
        amount_minor=amount.minor,
        from_balance_minor=balance_part(payment, amount).minor,
        note_internal=note_internal.strip(),
        note_to_customer=note_to_customer.strip(),
        asked_by_ref=actor.ref,
        asked_by_name=actor.name,
        created_at=now,
    )
    record(refund, "state", to_state="draft", money=amount, reason=reason, actor=actor, now=now)
    verdict = (
        Verdict(False, allowed_by)
        if allowed_by
        else approvals.use(
            ACTION, amount, subject=refund, customer_id=refund.customer_id, actor=actor, now=now
        )
    )
    if verdict.needed:
        _ask(refund, amount, verdict.rule, actor, now)
    else:
        move(
            refund,
            rules.MACHINE,
            "approved",
            actor=actor,
            now=now,
            money=amount,
            reason=verdict.rule,
            also={"allowed_by_rule": verdict.rule[:120]},
        )
        post_approved(refund, actor=actor, now=now, at=now)
        claw_for_plain(refund, actor=actor, now=now)
        queue.enqueue_submit(refund.pk)
    return refund


def _ask(refund: Refund, amount: Money, rule: str, actor: Actor, now: datetime) -> None:
    """The amount is held from here on, and nothing is posted before somebody else has said yes."""
    move(refund, rules.MACHINE, "pending_approval", actor=actor, now=now, money=amount, reason=rule)
    approvals.ask(
        action=ACTION,
        target=refund,
        label=refund.reference,
        amount=amount,
        reason=bound_reason(refund),
        rule=rule,
        params=bound_params(refund),
        customer_id=refund.customer_id,
        actor=actor,
        now=now,
    )


def _same(made: Refund, asked: tuple[int, Money, str]) -> Refund:
    if (made.payment_id, Money(made.amount_minor, made.currency), made.reason) == asked:
        note_odd("refunds.form_sent_again", refund=made.reference)
        return made
    raise Conflict(
        "form_already_used",
        f"This form has already made {made.reference}. Open a new form for another refund.",
        facts={"refund": made.reference},
    )
