"""Refunding many payments at once: amounts are fixed when it is asked, and one yes stands for all of them."""

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
from billing.logs import add_facts, service
from billing.money import Money, exact
from billing.payments.models import Payment
from billing.refunds.approving import ACTION
from billing.refunds.issue import issue_refund
from billing.refunds.models import RefundReason
from billing.refunds.queries import Refundable, refundable_many, refundable_of

__all__ = ["BULK", "REFUND_MANY", "Foreseen", "begin_bulk", "foresee", "refund_row"]

BULK = "bulk_refund"
REFUND_MANY = "refunds.many"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """``amounts`` by payment of what goes back; ``left_out`` by why nothing does, with their references."""

    amounts: Mapping[int, Money] = field(default_factory=dict)
    left_out: Mapping[str, list[str]] = field(default_factory=dict)

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
    and which give back nothing, and why. Writes nothing; four queries, however many there are."""
    rows = list(payments)
    left = refundable_many(rows)
    amounts: dict[int, Money] = {}
    left_out: dict[str, list[str]] = {}
    for payment in rows:
        known = left[payment.pk]
        wanted = known.left
        if known.is_open and asked["share"] == "percent":
            share = Money(payment.captured_minor, payment.currency).times(exact(asked["percent"]) / 100)
            wanted = min(known.left, share)
        if known.is_open and wanted.is_positive:
            amounts[payment.pk] = wanted
        else:
            left_out.setdefault(_why(known, payment), []).append(payment.reference)
    return Foreseen(amounts, left_out)


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

    Above somebody's limit the run stays paused until a second person has said yes. Raises `InvalidInput` for
    several currencies at once, whose limits are several, and where nothing can go back at all.
    """
    if "amounts" in run.asked:
        return
    ids = list(run.rows.values_list("subject_id", flat=True))
    amounts = foresee(Payment.objects.filter(pk__in=ids).order_by("pk"), run.asked).amounts
    currencies = sorted({money.currency for money in amounts.values()})
    if not currencies:
        raise InvalidInput("nothing_left", "None of these payments has anything left to refund.")
    if len(currencies) > 1:
        raise InvalidInput(
            "several_currencies",
            f"These payments are in {', '.join(currencies)}, and limits hold for each currency. "
            "Narrow the list to one currency.",
        )
    total = Money.total(amounts.values(), currencies[0])
    _foretell(run, amounts)
    verdict = approvals.use(ACTION, total, subject=run, customer_id=None, actor=actor, now=now)
    run.asked = {
        **run.asked,
        "amounts": {str(pk): money.minor for pk, money in amounts.items()},
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
    add_facts(run=run.pk, total=str(total), payments=len(amounts), waits=verdict.needed)


def _foretell(run: Run, amounts: Mapping[int, Money]) -> None:
    """Whoever decides sees in the rows what each gives back."""
    rows = list(run.rows.all())
    for row in rows:
        money = amounts.get(row.subject_id)
        row.message = f"{money} is to go back" if money else "gives back nothing"
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
    refund = issue_refund(
        payment_id=payment.pk,
        amount=Money(minor, payment.currency),
        reason=asked["reason"],
        note_internal=asked.get("note_internal", ""),
        note_to_customer=asked.get("note_to_customer", ""),
        write_to_customer=bool(asked.get("write_to_customer")),
        actor=actor,
        form_key=f"bulk:{row.run_id}:{payment.pk}",
        now=now,
        allowed_by=f"run {row.run_id}: {allowed}"[:120],
    )
    return f"{refund.reference} of {Money(minor, payment.currency)} is on its way"


def _reason(asked: Mapping[str, Any]) -> str:
    label, note = RefundReason(asked["reason"]).label, asked.get("note_internal", "").strip()
    return f"{label}: {note}" if note else label


def _bound(run: Run) -> dict[str, str]:
    """What a yes is bound to: which payments give back how much."""
    told = json.dumps(run.asked["amounts"], sort_keys=True)
    return {"run": str(run.pk), "amounts": hashlib.sha256(told.encode()).hexdigest()}


def _facts(approval: Approval) -> Bound:
    run = locked_run(approval)
    amount = Money(run.asked["total_minor"], run.asked["currency"])
    return Bound(f"run:{run.pk}", amount, _reason(run.asked), _bound(run))


BULK_REFUND = register(
    Action(BULK, "Refund of many payments", "approvals.decide_refunds", queue_run, cancel_run, _facts)
)
