"""Refunding many payments at once: amounts are fixed when it is asked, one yes stands for a whole currency.

What paid an invoice of ours goes back through it, with a credit note; the rest goes back by amount alone.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.approvals import services as approvals
from billing.approvals.actions import Action, Bound, register
from billing.approvals.models import Approval
from billing.approvals.rules import NO_LIMIT
from billing.approvals.runs import cancel_run, locked_run, queue_run
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.jobs.kinds import row_handler
from billing.jobs.models import Run, RunRow, RunState
from billing.jobs.services import enqueue
from billing.logs import add_facts, service
from billing.money import Money, exact
from billing.payments.models import Payment
from billing.refunds.approving import ACTION
from billing.refunds.issue import issue_refund
from billing.refunds.models import RefundReason
from billing.refunds.queries import Refundable, refundable_many, refundable_of
from billing.refunds.through import invoices_of, refund_through

__all__ = ["BULK", "REFUND_MANY", "Foreseen", "begin_bulk", "foresee", "refund_row"]

BULK = "bulk_refund"
REFUND_MANY = "refunds.many"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """``amounts`` by payment of what goes back; ``through`` by payment the invoice that is credited for it;
    ``left_out`` by why nothing does, with their references."""

    amounts: Mapping[int, Money] = field(default_factory=dict)
    left_out: Mapping[str, list[str]] = field(default_factory=dict)
    through: Mapping[int, int] = field(default_factory=dict)

    @property
    def totals(self) -> dict[str, tuple[int, Money]]:
        """By currency how many payments give back how much."""
        sums: dict[str, tuple[int, Money]] = {}
        for money in self.amounts.values():
            count, total = sums.get(money.currency, (0, Money.zero(money.currency)))
            sums[money.currency] = (count + 1, total + money)
        return sums


def foresee(payments: Iterable[Payment], asked: Mapping[str, Any]) -> Foreseen:
    """What goes back of each payment: all that is left, or a share of what it brought as far as that is left;
    which of them through their invoice; and which give back nothing, and why. Writes nothing; at most
    seven queries, however many there are."""
    rows = list(payments)
    left, invoices = refundable_many(rows), invoices_of(rows)
    amounts: dict[int, Money] = {}
    through: dict[int, int] = {}
    left_out: dict[str, list[str]] = {}
    for payment in rows:
        known = left[payment.pk]
        wanted = known.left
        if known.is_open and asked["share"] == "percent":
            share = Money(payment.captured_minor, payment.currency).times(exact(asked["percent"]) / 100)
            wanted = min(known.left, share)
        if known.is_open and wanted.is_positive:
            if invoice := invoices.get(payment.pk):
                through[payment.pk] = invoice.invoice_id
                wanted = min(wanted, Money(invoice.left_minor, payment.currency))
            amounts[payment.pk] = wanted
        else:
            left_out.setdefault(_why(known, payment), []).append(payment.reference)
    return Foreseen(amounts, left_out, through)


def _why(known: Refundable, payment: Payment) -> str:
    """Why a payment gives back nothing, in words that many share."""
    if known.refusal is None:
        return "that share of them comes to nothing"
    if known.refusal.code == "payment_not_refundable":
        return f"{payment.get_state_display().lower()}, so there is nothing to give back"
    if known.refusal.code == "payment_past_gateways":
        return "they did not come through a gateway that could give them back"
    return "nothing is left of them"


@service("refunds")
@transaction.atomic
def begin_bulk(run: Run, actor: Actor, now: datetime) -> None:
    """Fixes the amounts of a run that has just been written, and holds their sum against the limits, once.

    Limits hold for each currency: the payments of another one get a run of their own, begun with this one and
    named in its ``together``. Above somebody's limit a run stays paused until a second person has said yes to
    it. Raises `InvalidInput` where nothing can go back at all.
    """
    if "amounts" in run.asked:
        return
    ids = list(run.rows.values_list("subject_id", flat=True))
    payments = list(Payment.objects.filter(pk__in=ids).order_by("pk"))
    foreseen = foresee(payments, run.asked)
    if not foreseen.amounts:
        raise InvalidInput("nothing_left", "None of these payments has anything left to refund.")
    runs = _by_currency(run, payments, foreseen)
    for currency, each in runs.items():
        _begin(each, currency, foreseen, actor, now)
    add_facts(run=run.pk, payments=len(foreseen.amounts), runs=len(runs))


def _by_currency(run: Run, payments: Iterable[Payment], foreseen: Foreseen) -> dict[str, Run]:
    """The run of each currency: this one keeps that of most payments, and the rows of currencies in which
    nothing goes back."""
    sums = foreseen.totals
    first, *others = sorted(sums, key=lambda code: (-sums[code][0], code))
    runs = {first: run}
    title, key = run.title, run.form_key
    for currency in others:
        runs[currency] = Run.objects.create(
            kind=run.kind,
            title=f"{title}: those in {currency}"[:160],
            asked=run.asked,
            form_key=f"{key}:{currency}" if key and len(key) < 60 else None,
            started_by_ref=run.started_by_ref,
            started_by_name=run.started_by_name,
            created_at=run.created_at,
        )
        theirs = [each.pk for each in payments if each.currency == currency]
        run.rows.filter(subject_id__in=theirs).update(run=runs[currency])
    if others:
        run.title = f"{title}: those in {first}"[:160]
    together = [each.pk for each in runs.values()]
    for each in runs.values():
        each.total = each.rows.count()
        each.asked = {**each.asked, "together": [pk for pk in together if pk != each.pk]}
        each.save(update_fields=["title", "total", "asked"])
        if each is not run:
            enqueue(each.pk)
    return runs


def _begin(run: Run, currency: str, foreseen: Foreseen, actor: Actor, now: datetime) -> None:
    """Fixes one currency's amounts in its run, and asks whom it needs to ask."""
    amounts = {pk: money for pk, money in foreseen.amounts.items() if money.currency == currency}
    total = Money.total(amounts.values(), currency)
    _foretell(run, amounts, foreseen.through)
    verdict = approvals.use(ACTION, total, subject=run, customer_id=None, actor=actor, now=now)
    run.asked = {
        **run.asked,
        "amounts": {str(pk): money.minor for pk, money in amounts.items()},
        "through": {str(pk): invoice for pk, invoice in foreseen.through.items() if pk in amounts},
        "currency": total.currency,
        "total_minor": total.minor,
        "allowed_by": "" if verdict.needed else verdict.rule or NO_LIMIT,
    }
    if verdict.needed:
        run.state, run.message = RunState.PAUSED, "Waits for a second person's yes"
        approvals.ask(
            action=BULK,
            target=run,
            label=run.title,
            amount=total,
            reason=_reason(run.asked),
            rule=verdict.rule,
            params=_bound(run),
            customer_id=None,
            actor=actor,
            now=now,
        )
    run.save(update_fields=["asked", "state", "message"])


def _foretell(run: Run, amounts: Mapping[int, Money], through: Mapping[int, int]) -> None:
    """Whoever decides sees in the rows what each gives back."""
    rows = list(run.rows.all())
    for row in rows:
        money = amounts.get(row.subject_id)
        noted = ", with a credit note" if row.subject_id in through else ""
        row.message = f"{money} is to go back{noted}" if money else "gives back nothing"
    RunRow.objects.bulk_update(rows, ["message"], batch_size=500)


@row_handler(REFUND_MANY, subject="payment")
def refund_row(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
    """One payment of a bulk refund. Its key is the run's and the payment's, so that a row done again, after a
    kill or on retry, makes no second refund."""
    allowed = Run.objects.values_list("asked__allowed_by", flat=True).get(pk=row.run_id)
    if not allowed:
        raise Conflict("run_waits", "A second person has not said yes to this run.")
    payment = Payment.objects.filter(pk=row.subject_id).first()
    if payment is None:
        raise Missing("payment_missing", "This payment is no longer here.")
    minor = asked["amounts"].get(str(payment.pk))
    if minor is None:
        raise refundable_of(payment).refusal or Conflict(
            "nothing_then", f"{payment.reference} had nothing to refund when this was asked."
        )
    amount, key = Money(minor, payment.currency), f"bulk:{row.run_id}:{payment.pk}"
    yes = f"run {row.run_id}: {allowed}"[:120]
    if invoice := asked.get("through", {}).get(str(payment.pk)):
        refund = refund_through(
            payment.pk, invoice, amount, asked=asked, allowed_by=yes, form_key=key, actor=actor, now=now
        )
        note = refund.credit_note
        assert note is not None
        return f"{refund.reference} of {amount} is on its way, with credit note {note.label}"
    refund = issue_refund(
        payment_id=payment.pk,
        amount=amount,
        reason=asked["reason"],
        note_internal=asked.get("note_internal", ""),
        note_to_customer=asked.get("note_to_customer", ""),
        write_to_customer=bool(asked.get("write_to_customer")),
        actor=actor,
        form_key=key,
        now=now,
        allowed_by=yes,
    )
    return f"{refund.reference} of {amount} is on its way"


def _reason(asked: Mapping[str, Any]) -> str:
    label, note = RefundReason(asked["reason"]).label, asked.get("note_internal", "").strip()
    return f"{label}: {note}" if note else label


def _bound(run: Run) -> dict[str, str]:
    """What a yes is bound to: which payments give back how much, and which through their invoice."""
    amounts, through = run.asked["amounts"], run.asked.get("through")
    told = json.dumps(amounts if through is None else [amounts, through], sort_keys=True)
    return {"run": str(run.pk), "amounts": hashlib.sha256(told.encode()).hexdigest()}


def _facts(approval: Approval) -> Bound:
    run = locked_run(approval)
    amount = Money(run.asked["total_minor"], run.asked["currency"])
    return Bound(f"run:{run.pk}", amount, _reason(run.asked), _bound(run))


BULK_REFUND = register(
    Action(BULK, "Refund of many payments", "approvals.decide_refunds", queue_run, cancel_run, _facts)
)
