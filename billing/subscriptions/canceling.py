"""Ending a subscription that our own billing run collects: now, with its period, or with its commitment."""

from datetime import datetime
from typing import Literal

from django.db import transaction

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import move
from billing.invoices.crediting import credit_invoice
from billing.invoices.models import InvoiceLine
from billing.logs import add_facts, service
from billing.money import Money
from billing.periods import Period
from billing.proration import prorate
from billing.subscriptions.changes import ChangeKind
from billing.subscriptions.changing import withdraw
from billing.subscriptions.commitments.canceling import follow_cancel
from billing.subscriptions.commitments.models import RUNNING, Commitment
from billing.subscriptions.doing import Ask, count, done_before, keep, lock, says
from billing.subscriptions.facts import billed_after, fact_of
from billing.subscriptions.models import CollectedBy, Subscription
from billing.subscriptions.plans import Facts
from billing.subscriptions.rules import MACHINE, TERMINAL
from billing.usage.pricing import prices_of

__all__ = ["When", "bound_until", "cancel_subscription", "unused_of", "why_not_here"]

type When = Literal["period_end", "now", "commitment_end"]

#: States in which use is charged for.
METERED = frozenset({"active", "past_due", "unpaid", "paused"})


def why_not_here(subscription: Subscription) -> str:
    """Why the desk cannot end it, in a sentence; empty when it can."""
    if subscription.collected_by != CollectedBy.US:
        return f"{subscription.reference} is collected by the gateway: cancel it on its own page."
    if subscription.state in TERMINAL:
        return f"{subscription.reference} has ended already."
    return ""


def bound_until(subscription_id: int) -> datetime | None:
    """The end of the term that the customer agreed to stay for, if one binds still."""
    rows = Commitment.objects.filter(subscription=subscription_id, state__in=RUNNING)
    return rows.order_by("-ends_at").values_list("ends_at", flat=True).first()


@service("subscriptions")
@transaction.atomic
def cancel_subscription(
    *,
    subscription_id: int,
    when: When,
    reason: str,
    actor: Actor,
    now: datetime,
    asked_by: str = "staff",
    key: str | None = None,
    give_back: bool = False,
) -> Subscription:
    """Ends it now, or says that it ends with its period or its commitment; churn is counted when it ends.

    A customer who has agreed to a term stays until it is over: asked for the end of the period, it ends with
    the term, and now is refused. ``give_back`` credits the unused time by credit note when it ends now. What
    it used by then goes on a last invoice of the next billing run (``usage_due_at``).
    Asking again for the same end changes nothing. Raises `Conflict` for one that a gateway collects, has
    ended or is bound.
    """
    if when not in ("period_end", "now", "commitment_end"):
        raise InvalidInput("when_unknown", "When: choose now or the end of its period.", field="when")
    ask = Ask(asked_by, reason, actor, now, key)
    ask.check()
    subscription = lock(subscription_id, ours=False)
    if done_before(subscription_id, ask, ChangeKind.CANCEL):
        return subscription
    if refusal := why_not_here(subscription):
        raise Conflict("subscription_not_cancelable", refusal)
    bound = bound_until(subscription_id)
    if when == "commitment_end" and bound is None:
        raise InvalidInput(
            "no_commitment", f"When: no commitment binds {subscription.reference}. Choose another end.",
            field="when",
        )  # fmt: skip
    if when == "now" or (bound is None and subscription.current_period_end is None):
        if bound is not None and bound > now:
            raise Conflict(
                "commitment_binds",
                f"{subscription.reference} is committed until {bound:%-d %B %Y}: let it end then, or release "
                "the commitment first.",
            )
        _end_now(subscription, ask, give_back)
    else:
        _end_later(subscription, bound or subscription.current_period_end, ask)
        if bound is not None:
            follow_cancel(subscription, asked_by=asked_by, reason=reason, actor=actor, now=now)
    add_facts(subscription=subscription.reference, when=when)
    return subscription


def _end_later(subscription: Subscription, at: datetime | None, ask: Ask) -> None:
    if subscription.cancel_at is not None and subscription.cancel_at == at:
        return
    before = fact_of(subscription)
    withdraw(subscription, ask)
    subscription.cancel_at_period_end = at == subscription.current_period_end
    subscription.cancel_at = at
    subscription.canceled_at = ask.now
    subscription.save(update_fields=["cancel_at_period_end", "cancel_at", "canceled_at"])
    ends = {"ends_at": at.isoformat() if at else None}
    keep(subscription, ChangeKind.CANCEL, ask, before=says(before), after=ends)


def _end_now(subscription: Subscription, ask: Ask, give_back: bool) -> None:
    if subscription.state == "incomplete":
        raise Conflict(
            "subscription_incomplete", f"{subscription.reference} has not begun: it ends by itself."
        )
    before = fact_of(subscription)
    withdraw(subscription, ask)
    also = {
        "canceled_at": subscription.canceled_at or ask.now,
        "ended_at": ask.now,
        "credits_due_at": None,
        "resumes_at": None,
        "usage_due_at": ask.now if _is_metered(before) else None,
    }
    move(subscription, MACHINE, "canceled", actor=ask.actor, now=ask.now, reason=ask.reason, also=also)
    ends = {"ended_at": ask.now.isoformat(), "gives_back": give_back}
    change = keep(subscription, ChangeKind.CANCEL, ask, before=says(before), after=ends)
    count(subscription, ask.now, ask)
    if not give_back:
        return
    for invoice_id, asked in _by_invoice(before, ask.now).items():
        credit_invoice(
            invoice_id=invoice_id,
            asked=asked,
            reason="unused_time",
            memo=f"Unused time of {subscription.reference}",
            actor=ask.actor,
            form_key=f"unused:{change.pk}:{invoice_id}",
            now=ask.now,
        )


def _is_metered(facts: Facts) -> bool:
    """Whether what it used since it was billed last is to be billed: a trial's use is given."""
    if facts.state not in METERED or facts.period is None:
        return False
    prices = prices_of({item.price.tier_id for item in facts.items})
    return any((item.price.tier_id, facts.currency) in prices for item in facts.items)


def unused_of(facts: Facts, now: datetime) -> Money:
    """What ending it now would give back, with tax: the unused time of what was billed."""
    parts = _by_invoice(facts, now).values()
    return Money(sum(sum(asked.values()) for asked in parts), facts.currency)


def _by_invoice(facts: Facts, now: datetime) -> dict[int, dict[int, int]]:
    """By invoice and line what of them is unused, gross, in minor units."""
    billed = {line.line_id: line for line in billed_after(facts.id, now)}
    found: dict[int, dict[int, int]] = {}
    for row in InvoiceLine.objects.filter(pk__in=list(billed)).order_by("pk"):
        line = billed[row.pk]
        if line.amount_minor <= 0:
            continue
        rest = Period(max(now, line.period.start), line.period.end)
        unused = prorate(line.amount_minor, line.period, rest, facts.basis) - line.given_minor
        # The line's own tax goes back with it: its share of the gross is the share of the net.
        whole = row.net_minor + row.tax_minor
        counted = whole if line.inclusive else row.net_minor
        gross = unused * whole // counted if counted else 0
        if gross > 0:
            found.setdefault(row.invoice_id, {})[row.pk] = gross
    return found
