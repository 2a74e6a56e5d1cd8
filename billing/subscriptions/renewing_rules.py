"""What the end of a period brings to a subscription. Pure.

One step at a time: a day that was missed is caught up by asking again until no period has ended.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from billing.invoices.composing import Piece
from billing.periods import Interval, Period, nth_period
from billing.subscriptions.changing_rules import next_period, period_piece, restarts_period
from billing.subscriptions.plans import Facts, Item
from billing.subscriptions.rules import BILLABLE

__all__ = ["Renewal", "Told", "TrialEnd", "is_due", "renew"]

type Told = Literal["renewed", "converted", "changed", "ended", "trial_ended", "trial_paused"]
type TrialEnd = Literal["convert", "cancel", "pause"]


@dataclass(frozen=True, slots=True)
class Renewal:
    """One step: what happened, the state and period after it, and the pieces of the period that begins.

    ``cause`` is that of its invoice, once for each period whatever runs. ``item`` is the first item from now
    on; ``planned_id`` the planned change that was applied.
    """

    what: Told
    at: datetime
    state: str
    anchor_at: datetime
    period: Period | None
    pieces: tuple[Piece, ...]
    cause: str
    item: Item
    planned_id: int | None = None


def is_due(facts: Facts, now: datetime) -> bool:
    """Whether a period that we bill has ended."""
    return (
        facts.collected_by == "us"
        and facts.state in BILLABLE
        and facts.period is not None
        and facts.period.end <= now
    )


def renew(facts: Facts, *, trial_end: TrialEnd = "convert") -> Renewal:
    """What the end of the running period brings; the caller has asked `is_due`.

    One that is to end by then ends at that moment and bills nothing; a trial goes on, ends or
    pauses as ``trial_end`` says. Else a planned change comes into force, and the next period is billed in
    advance: counted from the anchor, or from its start where the change or a trial's end begins a new count.
    """
    period = facts.period
    if period is None:
        raise ValueError(f"{facts.reference} has no period that could end")
    at, cause = period.end, f"renewal:{facts.id}:{period.end:%Y-%m-%dT%H:%M:%SZ}"
    if facts.cancel_at is not None and facts.cancel_at <= at:
        return _ended("ended", facts, max(facts.cancel_at, period.start), cause)
    trial = facts.state == "trialing"
    if trial and trial_end == "cancel":
        return _ended("trial_ended", facts, at, cause)
    if trial and trial_end == "pause":
        return replace(_ended("trial_paused", facts, at, cause), state="paused")
    old, planned = facts.main, facts.planned
    item = (
        old
        if planned is None
        else Item(planned.price, planned.quantity, _kept(old, planned.price.id), old.id)
    )
    restarts = trial or restarts_period(old, item)
    anchor_at = at if restarts else facts.anchor_at
    interval: Interval = item.price.interval
    following = nth_period(at, 0, interval) if restarts else next_period(anchor_at, interval, period)
    items = (item, *facts.items[1:])
    pieces = tuple(period_piece(each, following) for each in items if each.amount_minor)
    what: Told = "converted" if trial else "changed" if planned else "renewed"
    state = "active" if trial else facts.state
    return Renewal(
        what, at, state, anchor_at, following, pieces, cause, item, planned.id if planned else None
    )


def _kept(old: Item, price_id: int) -> int:
    """A lasting discount belongs to its price: it stays when seats change, and ends with another price."""
    return old.discount_minor if old.price.id == price_id else 0


def _ended(what: Told, facts: Facts, at: datetime, cause: str) -> Renewal:
    return Renewal(what, at, "canceled", facts.anchor_at, None, (), cause, facts.main)
