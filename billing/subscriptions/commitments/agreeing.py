"""Agreeing on a term, releasing a customer from it, and what comes when it is over."""

from datetime import datetime

from django.db import transaction

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import move, record
from billing.ids import new_short_reference
from billing.logs import add_facts, service
from billing.notifications.services import close_alert
from billing.periods import Interval, Period, day_of
from billing.subscriptions.commitments.locks import lock_commitment, lock_running, lock_subscription
from billing.subscriptions.commitments.models import Commitment
from billing.subscriptions.commitments.rules import MACHINE, term_after, term_of
from billing.subscriptions.models import AskedBy, Subscription
from billing.subscriptions.rules import BILLABLE

__all__ = ["ALERT", "agree_on_commitment", "planned_term", "release_commitment", "why_no_commitment"]

#: The kind of the alerts about commitments; the key is the commitment's reference.
ALERT = "commitments.at_risk"
LONGEST_MONTHS = 60


def why_no_commitment(subscription: Subscription) -> str:
    """Why no term can be agreed on for it, in a sentence; empty when one can."""
    if subscription.state not in BILLABLE:
        state = subscription.get_state_display().lower()
        return f"{subscription.reference} is {state}: there is no term to agree on."
    if subscription.cancel_at is not None:
        return f"{subscription.reference} is to end. Take the cancellation back first."
    if subscription.current_period_end is None:
        return f"{subscription.reference} has no period that a term could be counted from."
    return ""


def planned_term(subscription: Subscription, months: int) -> Period:
    """The term that so many months from the running period make. Raises `InvalidInput`."""
    interval = _interval(subscription)
    start, end = subscription.current_period_start, subscription.current_period_end
    if interval is None or start is None or end is None:
        raise InvalidInput(
            "nothing_to_commit", f"{subscription.reference} pays nothing that could be agreed on."
        )
    if not 1 <= months <= LONGEST_MONTHS:
        raise InvalidInput("term_out_of_range", f"Term: from 1 to {LONGEST_MONTHS} months.", field="months")
    running = Period(start, end)
    in_trial = subscription.state == "trialing"
    return term_of(subscription.anchor_at, interval, running, months, in_trial=in_trial)


@service("commitments")
@transaction.atomic
def agree_on_commitment(
    *,
    subscription_id: int,
    months: int,
    renews: bool,
    agreed_by: str,
    reason: str,
    actor: Actor,
    now: datetime,
    form_key: str,
) -> Commitment:
    """The customer agrees to stay for a term; the same form gives the same commitment.

    ``renews``: at its end the same term begins again, unless the subscription was canceled. Raises `Conflict`
    where one binds already or none can, `InvalidInput` for a term that does not fit the periods.
    """
    if agreed_by not in AskedBy.values:
        raise InvalidInput("agreed_by_unknown", "Agreed by: choose the customer, staff or the system.")
    subscription = lock_subscription(subscription_id)
    before = Commitment.objects.filter(form_key=form_key).first()
    if before is not None:
        return before
    if lock_running(subscription):
        raise Conflict(
            "commitment_there",
            f"{subscription.reference} has a commitment already. Let it end, or release it.",
        )
    if refusal := why_no_commitment(subscription):
        raise Conflict("commitment_impossible", refusal)
    term = planned_term(subscription, months)
    made = _begin(subscription, term, renews, agreed_by, actor, now, form_key=form_key)
    record(made, "state", actor=actor, now=now, reason=reason, to_state=made.state, months=months)
    add_facts(commitment=made.reference, subscription=subscription.reference)
    return made


@service("commitments")
@transaction.atomic
def release_commitment(*, commitment_id: int, reason: str, actor: Actor, now: datetime) -> Commitment:
    """Lets the customer go before the term is over; what the subscription does next stays as it is set.

    Raises `Conflict` when it has ended.
    """
    _, commitment = lock_commitment(commitment_id)
    also = {"ended_at": now, "watch_at": None}
    move(commitment, MACHINE, "released", actor=actor, now=now, reason=reason, also=also)
    close_alert(kind=ALERT, key=commitment.reference, now=now)
    return commitment


def finish(commitment: Commitment, *, reason: str, actor: Actor, now: datetime, found: str = "") -> None:
    """The term (locked with its subscription by the caller) is over: it ends, and renews where agreed."""
    also = {"ended_at": now, "watch_at": None, "watched_at": now}
    if found:
        also["found"] = found  # type: ignore[assignment]
    goes_on = commitment.renews and commitment.cancel_asked_at is None
    move(commitment, MACHINE, "ended", actor=actor, now=now, reason=reason, also=also)
    close_alert(kind=ALERT, key=commitment.reference, now=now)
    subscription = commitment.subscription
    if not goes_on or why_no_commitment(subscription):
        return
    interval = _interval(subscription)
    if interval is None:
        return
    term = term_after(subscription.anchor_at, interval, commitment.ends_at, _months(commitment))
    again = _begin(subscription, term, True, commitment.agreed_by, actor, now)
    record(
        again, "state", actor=actor, now=now, reason=f"Renews {commitment.reference}", to_state=again.state
    )


def _interval(subscription: Subscription) -> Interval | None:
    """How long its periods are, by its first item; None for one that pays nothing."""
    item = subscription.items.select_related("price").order_by("pk").first()
    if item is None:
        return None
    return Interval(item.price.interval_unit, item.price.interval_count)  # type: ignore[arg-type]


def _months(commitment: Commitment) -> int:
    begins, ends = commitment.starts_on, commitment.ends_on
    return max(1, (ends.year - begins.year) * 12 + ends.month - begins.month)


def _begin(
    subscription: Subscription,
    term: Period,
    renews: bool,
    agreed_by: str,
    actor: Actor,
    now: datetime,
    form_key: str | None = None,
) -> Commitment:
    return Commitment.objects.create(
        reference=new_short_reference("COM"),
        subscription=subscription,
        customer_id=subscription.customer_id,
        starts_on=day_of(term.start),
        ends_on=day_of(term.end),
        ends_at=term.end,
        renews=renews,
        agreed_by=agreed_by,
        agreed_by_ref=actor.ref,
        agreed_by_name=actor.name,
        created_at=now,
        form_key=form_key,
        watch_at=term.end,
    )
