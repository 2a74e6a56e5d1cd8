"""What a change would do, before anyone does it: lines, next invoice, credits, access. Writes nothing.

Each preview asks the same rules as the deed and composes the same pieces, so that what it shows is what is
billed when nothing else happens in between. Each raises what the deed would raise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from billing.catalog.terms import terms_of
from billing.customers.models import Customer
from billing.invoices.composing import Piece
from billing.invoices.issuing import InvoiceOrder, prepare_orders
from billing.invoices.orders import Prepared
from billing.money import Money
from billing.periods import Period
from billing.subscriptions.canceling import unused_of
from billing.subscriptions.changing import CHANGEABLE, item_wanted, plan_change
from billing.subscriptions.changing_rules import Outcome, period_piece
from billing.subscriptions.doing import order_of, refuse_if_not_ours
from billing.subscriptions.extending_trials import check_extension
from billing.subscriptions.facts import fact_of
from billing.subscriptions.granting import planned_top_up, terms_for
from billing.subscriptions.models import Subscription
from billing.subscriptions.moving_dates import plan_move
from billing.subscriptions.pausing import plan_pause
from billing.subscriptions.plans import Facts, Planned
from billing.subscriptions.renewing_rules import renew
from billing.subscriptions.resuming import plan_resume
from billing.subscriptions.starting import plan_start

__all__ = [
    "Preview",
    "PreviewLine",
    "preview_cancel",
    "preview_change",
    "preview_extension",
    "preview_move",
    "preview_pause",
    "preview_resume",
    "preview_start",
]


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One line of the invoice that would be written now, without tax."""

    description: str
    net: Money
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The effect of a change.

    ``total`` with its ``tax`` is invoiced at once, ``waits`` is given back later. ``next_on`` and
    ``next_total`` foresee the next invoice. ``credits`` are added now, by unit; ``regular`` are
    the plan's from then on, with how often. ``gains`` and ``loses`` are features by slug.
    """

    lines: tuple[PreviewLine, ...] = ()
    total: Money | None = None
    tax: Money | None = None
    waits: Money | None = None
    gives_back: Money | None = None
    ends_at: datetime | None = None
    next_on: datetime | None = None
    next_total: Money | None = None
    credits: tuple[tuple[str, int], ...] = ()
    regular: tuple[tuple[str, int, str], ...] = ()
    gains: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()


def preview_change(
    subscription: Subscription,
    *,
    price_id: int,
    quantity: int,
    when: Literal["now", "period_end"],
    now: datetime,
) -> Preview:
    """Another price or number of seats, at once or with the next period."""
    now = now.replace(microsecond=0)
    facts = _ours(subscription)
    item = item_wanted(facts, price_id, quantity)
    outcome = plan_change(facts, item, now)
    if when == "period_end":
        after = replace(facts, planned=Planned(0, item.price, item.quantity))
        return replace(_foreseen(after, [], now), **_access(facts, facts.with_main(item)))
    after = _after(facts, outcome)
    added = tuple((unit, amount) for unit, amount, _ in planned_top_up(subscription, facts, after, now))
    return replace(_foreseen(after, outcome.pieces, now), credits=added, **_access(facts, after))


def preview_cancel(
    subscription: Subscription, *, ends_at: datetime | None, give_back: bool, now: datetime
) -> Preview:
    """The end at a moment, or now where that is None."""
    facts = _ours(subscription)
    loses = _features(facts)
    back = unused_of(facts, now) if give_back and ends_at is None else None
    if ends_at is not None and facts.period is not None and ends_at > facts.period.end:
        return replace(_foreseen(replace(facts, planned=None), [], now), ends_at=ends_at, loses=loses)
    return Preview(ends_at=ends_at or now, gives_back=back, loses=loses)


def preview_pause(subscription: Subscription, *, resumes_at: datetime | None, now: datetime) -> Preview:
    """A pause: what of the period is given back, and what is billed when it is resumed on a known day."""
    now = now.replace(microsecond=0)
    facts = _ours(subscription)
    pieces = plan_pause(facts, resumes_at, now)
    back = Money(-sum(piece.amount_minor for piece in pieces), facts.currency)
    return Preview(waits=back, ends_at=now, next_on=resumes_at, loses=_features(facts))


def preview_resume(subscription: Subscription, *, now: datetime) -> Preview:
    """Taken up again: the period that begins and its invoice."""
    now = now.replace(microsecond=0)
    facts = _ours(subscription)
    outcome = plan_resume(facts, now)
    after = replace(_after(facts, outcome), state="active")
    since = subscription.paused_at
    added = tuple(
        (unit, amount) for unit, amount, _ in planned_top_up(subscription, facts, after, now, since)
    )
    return replace(_foreseen(after, outcome.pieces, now), credits=added)


def preview_move(subscription: Subscription, *, to: datetime, now: datetime) -> Preview:
    """Another billing date."""
    now = now.replace(microsecond=0)
    facts = _ours(subscription)
    outcome = plan_move(facts, to, now)
    return _foreseen(_after(facts, outcome), outcome.pieces, now)


def preview_extension(subscription: Subscription, *, to: datetime, now: datetime) -> Preview:
    """A longer trial."""
    facts = _ours(subscription)
    period = check_extension(facts, to, now)
    return _foreseen(replace(facts, period=period, anchor_at=period.end), [], now)


def preview_start(
    customer: Customer, *, price_id: int, quantity: int, trial_days: int, collection: str, now: datetime
) -> Preview:
    """A new subscription, at once or with a trial."""
    now = now.replace(microsecond=0)
    facts = replace(plan_start(customer.pk, price_id, quantity, trial_days, now), collection=collection)
    pieces: list[Piece] = []
    if not trial_days and facts.period is not None:
        pieces = [period_piece(item, facts.period) for item in facts.items if item.amount_minor]
    terms = terms_of({facts.main.price.tier_id})
    first = tuple((each.unit, each.amount) for each in terms_for(facts, terms))
    return replace(_foreseen(facts, pieces, now), credits=first, gains=_features(facts))


def _features(facts: Facts) -> tuple[str, ...]:
    """What the plan lets one use."""
    if not facts.items:
        return ()
    tier = facts.main.price.tier_id
    return tuple(sorted(terms_of({tier})[tier].features))


def _ours(subscription: Subscription) -> Facts:
    refuse_if_not_ours(subscription)
    return fact_of(subscription)


def _after(facts: Facts, outcome: Outcome) -> Facts:
    return replace(
        facts.with_main(outcome.item), anchor_at=outcome.anchor_at, period=outcome.period, planned=None
    )


def _foreseen(after: Facts, pieces: Sequence[Piece], now: datetime) -> Preview:
    """The invoice that the pieces make now, and the one that follows."""
    customers = {
        each.pk: each for each in Customer.objects.select_related("identity").filter(pk=after.customer_id)
    }
    one = _prepared(order_of(after, pieces, cause="preview", on=now), customers, now) if pieces else None
    shown = Preview()
    left: list[Piece] = []
    if one is not None:
        left = one.left
        shown = Preview(
            lines=tuple(
                PreviewLine(line.piece.description, Money(line.net_minor, after.currency), line.piece.period)
                for line in one.composed.lines
            ),
            total=Money(one.composed.total_minor, after.currency),
            tax=Money(one.composed.tax_minor, after.currency),
            waits=Money(one.composed.left_over_minor, after.currency) if one.composed.left_over else None,
        )
    if after.period is None or after.state not in CHANGEABLE:
        return shown
    step = renew(after)
    if step.period is None:
        return replace(shown, ends_at=step.at)
    coming = [*step.pieces, *left]
    total = Money.zero(after.currency)
    if step.pieces:
        order = order_of(after, coming, cause="preview", on=step.at)
        if one is not None and one.waited:
            order = replace(order, takes_pending=False)
        total = Money(_prepared(order, customers, now).composed.total_minor, after.currency)
    return replace(shown, next_on=step.at, next_total=total)


def _prepared(order: InvoiceOrder, customers: dict[int, Customer], now: datetime) -> Prepared:
    (made,) = prepare_orders([order], customers, now=now)
    return made


def _access(before: Facts, after: Facts) -> dict[str, Any]:
    """Features gained and lost, and the credits that the plan gives from then on."""
    old, new = before.main.price.tier_id, after.main.price.tier_id
    terms = terms_of({old, new})
    regular = tuple((each.unit, each.amount, each.per) for each in terms_for(after, terms))
    return {
        "gains": tuple(sorted(terms[new].features - terms[old].features)),
        "loses": tuple(sorted(terms[old].features - terms[new].features)),
        "regular": regular,
    }
