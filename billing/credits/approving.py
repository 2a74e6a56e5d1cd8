"""Credits above somebody's limit: what a second person's yes is bound to, and how it is done, once.

A request is for one customer (`give`), or for a whole bulk run, which waits until somebody has decided.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.approvals import services as approvals
from billing.approvals.actions import Action, Bound, register
from billing.approvals.limits import lock_sums
from billing.approvals.models import Approval, LimitUse
from billing.approvals.rules import Amount, measured
from billing.credits.giving import MONEY, UNITS, Gift, action_for, give_allowed, verdict_on
from billing.credits.models import CreditUnit
from billing.credits.told import LONGEST_REASON, check_amount
from billing.customers.models import Customer
from billing.errors import Conflict
from billing.history.actors import Actor
from billing.jobs.models import Run, RunState
from billing.jobs.services import enqueue
from billing.logs import service
from billing.money import Money

__all__ = ["CREDITS", "PERMISSION", "STORE_CREDIT", "hold_run", "may_run", "verdict_on_many"]

PERMISSION = "approvals.decide_credits"
WAITS = "waits_for_approval"


def _facts(approval: Approval) -> Bound:
    """What the request is about, locked. The request itself cannot be changed; a run's rows and wishes are
    read anew."""
    if approval.target_kind == "run":
        run = Run.objects.select_for_update().get(pk=approval.target_id)
        gift = Gift.of_params(run.asked, run.asked["reason"])
        return Bound(f"run:{run.pk}", _total(gift, run.total or 0), gift.reason.strip(), _of_run(run))
    Customer.objects.select_for_update(no_key=True).get(pk=approval.target_id)
    gift = Gift.of_params(approval.params, approval.reason)
    params = {"customer": approval.target_id, **gift.as_params()}
    return Bound(f"customer:{approval.target_id}", gift.measured, approval.reason, params)


def _execute(approval: Approval, *, actor: Actor, now: datetime) -> str:
    """Grants as if no approval had been needed, under the request's reference as key; a run goes on."""
    if approval.target_kind == "run":
        waiting = Run.objects.filter(pk=approval.target_id, state=RunState.PAUSED)
        if not waiting.update(state=RunState.QUEUED, message=""):
            raise Conflict("run_moved_on", f"“{approval.target_label}” was called off meanwhile.")
        enqueue(approval.target_id)
        return f"{approval.target_label} is under way."
    reason = f"{approval.reason} (asked by {approval.asked_by_name}, {approval.reference})"
    if len(reason) > LONGEST_REASON:
        reason = approval.reason
    gift = Gift.of_params(approval.params, reason)
    moved = give_allowed(
        customer_id=approval.target_id, gift=gift, key=f"approval:{approval.reference}", actor=actor, now=now
    )
    balance = _measured(gift, moved.balance_after)
    return f"{gift.measured} granted to {approval.target_label}; the balance is {balance}."


def _close(approval: Approval, *, state: str, actor: Actor, now: datetime, reason: str) -> None:
    """For one customer nothing waited; a run is called off, with nothing of it done."""
    if approval.target_kind == "run":
        Run.objects.filter(pk=approval.target_id, state=RunState.PAUSED).update(
            state=RunState.CANCELED, finished_at=now, message=f"{approval.reference} was not approved."
        )


@service("credits")
def hold_run(*, run: Run, actor: Actor, now: datetime) -> Approval | None:
    """Holds the total of a bulk grant against its starter's limit, once, in the caller's transaction.

    Above it the run waits: the `Approval` that was asked for, else None. For one run it is held once, however
    often it is called.
    """
    held = Run.objects.select_for_update().get(pk=run.pk)
    if held.asked.get(WAITS) or LimitUse.objects.filter(subject_kind="run", subject_id=run.pk).exists():
        return None
    gift = Gift.of_params(run.asked, run.asked["reason"])
    gift.check(now)
    total = _total(gift, run.total or 0)
    action = action_for(gift.unit)
    lock_sums(action, None, actor)
    verdict = approvals.judge(action, total, customer_id=None, actor=actor, now=now)
    if not verdict.needed:
        approvals.use(action, total, subject=run, customer_id=None, actor=actor, now=now)
        return None
    run.state, run.message = RunState.PAUSED, "It waits for a second person."
    run.asked = {**run.asked, WAITS: True}
    run.save(update_fields=["state", "message", "asked"])
    return approvals.ask(
        action=action, target=run, label=run.title, amount=total, reason=gift.reason, rule=verdict.rule,
        params=_of_run(run), customer_id=None, actor=actor, now=now, form_key=run.form_key,
    )  # fmt: skip


def verdict_on_many(gift: Gift, count: int, *, actor: Actor, now: datetime) -> Any:
    """What the limits say to so many times the gift, for showing it before."""
    many = Gift(gift.unit, gift.amount * count, gift.reason, gift.currency, gift.source, gift.expires_at)
    return verdict_on(many, customer_id=None, actor=actor, now=now)


def may_run(run_id: int, asked: Mapping[str, Any]) -> None:
    """Raises `Conflict` for a run that somebody resumed while its request waits, or after a no."""
    if not asked.get(WAITS):
        return
    allowed = Approval.objects.filter(
        target_kind="run", target_id=run_id, state__in=("approved", "executed"), action__in=(UNITS, MONEY)
    )
    if not allowed.exists():
        raise Conflict("run_not_approved", "A second person has not said yes to this grant.")


def _of_run(run: Run) -> dict[str, Any]:
    gift = Gift.of_params(run.asked, run.asked["reason"])
    return {"run": run.pk, "customers": run.total or 0, **gift.as_params()}


def _total(gift: Gift, count: int) -> Amount:
    return _measured(gift, check_amount(gift.amount * max(count, 1)))


def _measured(gift: Gift, minor: int) -> Amount:
    if gift.unit == CreditUnit.MONEY:
        return Money(minor, gift.currency)
    return measured(minor, gift.unit)


CREDITS = register(Action(UNITS, "Credits", PERMISSION, _execute, _close, _facts))
STORE_CREDIT = register(Action(MONEY, "Store credit", PERMISSION, _execute, _close, _facts))
