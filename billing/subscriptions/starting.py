"""Beginning a subscription, at once or with a trial."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from billing.catalog.models import Price as PriceRow
from billing.customers.models import Customer
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.ids import new_short_reference
from billing.invoices.composing import Piece
from billing.invoices.issuing import InvoiceOrder, write_invoices
from billing.invoices.models import Invoice
from billing.logs import add_facts, service
from billing.money import Money
from billing.periods import Period, nth_period
from billing.subscriptions.changes import ChangeKind
from billing.subscriptions.changing_rules import check_item, period_piece
from billing.subscriptions.doing import Ask, bill, count, done_before, keep, says
from billing.subscriptions.facts import fact_of, price_of
from billing.subscriptions.granting import grant_locked
from billing.subscriptions.models import (
    CollectedBy,
    Collection,
    ProrationBasis,
    Subscription,
    SubscriptionItem,
)
from billing.subscriptions.plans import Facts, Item
from billing.subscriptions.trials.claiming import claim_trial
from billing.subscriptions.trials.following import attach

__all__ = ["Marks", "Paid", "Started", "first_pieces", "plan_start", "start_subscription"]

LONGEST_TRIAL = 365


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells one customer's trial from another's; without ``email`` the customer's own is taken."""

    email: str = ""
    fingerprints: Iterable[str] = ()
    address: str = ""
    device: str = ""
    email_verified: bool = False


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid for the first period before it began, tax included, on which day, by what (``cause``)."""

    amount: Money
    cause: str
    on: date
    why: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Started:
    subscription: Subscription
    invoice: Invoice | None = None


def plan_start(
    customer_id: int,
    price_id: int,
    quantity: int,
    trial_days: int,
    now: datetime,
    *,
    basis: str = "second",
    was_sold: bool = False,
) -> Facts:
    """The subscription as it would begin; writes nothing. Raises `InvalidInput` for what is not sold so; what
    ``was_sold`` already may be no longer sold."""
    row = PriceRow.objects.select_related("tier").filter(pk=price_id).first()
    if row is None:
        raise InvalidInput("price_unknown", "Price: choose one from the catalog.", field="price")
    if not was_sold and (not row.is_active or row.tier.is_archived):
        raise InvalidInput(
            "price_not_sold", f"Price: {row.tier.name} at this price is no longer sold.", field="price"
        )
    if not 0 <= trial_days <= LONGEST_TRIAL:
        raise InvalidInput("trial_too_long", f"Trial: from 0 to {LONGEST_TRIAL} days.", field="trial_days")
    item = Item(price_of(row), quantity)
    check_item(item)
    ends = now + timedelta(days=trial_days)
    period = Period(now, ends) if trial_days else nth_period(now, 0, item.price.interval)
    return Facts(
        id=0,
        reference="",
        customer_id=customer_id,
        state="trialing" if trial_days else "active",
        currency=row.currency,
        anchor_at=ends if trial_days else now,
        items=(item,),
        period=period,
        trial_ends_at=ends if trial_days else None,
        basis=basis,  # type: ignore[arg-type]
    )


@service("subscriptions")
@transaction.atomic
def start_subscription(
    *,
    customer_id: int,
    price_id: int,
    quantity: int = 1,
    trial: bool = False,
    trial_days: int | None = None,
    marks: Marks | None = None,
    collected_by: str = CollectedBy.US,
    collection: str = Collection.CHARGE,
    due_days: int = 14,
    asked_by: str = "staff",
    reason: str,
    key: str,
    continues_id: int | None = None,
    paid: Paid | None = None,
    actor: Actor,
    now: datetime,
) -> Started:
    """Starts a subscription that we collect: active with its first invoice, or in a trial of the tier's days.

    With ``paid`` the invoice is of exactly that, its tax taken out of it, and nobody is asked for more; what
    was sold is given, though it may be no longer sold by then. The same key gives the first one again. A
    trial is claimed in this transaction: one for a customer, an address and a card. Raises `InvalidInput` for
    a price, seats or trial that cannot be, `Conflict` and `NotAllowed` where a trial was had or held off.
    """
    now = now.replace(microsecond=0)
    ask = Ask(asked_by, reason, actor, now, key)
    ask.check()
    customer = Customer.objects.select_for_update(of=("self",)).filter(pk=customer_id).first()
    if customer is None:
        raise Missing("customer_missing", "This customer is not here.")
    if before := done_before(None, ask, ChangeKind.START):
        if before.subscription.customer_id != customer_id:
            raise Conflict("key_used_before", "This form has been used for something else. Open it again.")
        invoice = Invoice.objects.filter(cause=f"change:{before.pk}").first()
        return Started(before.subscription, invoice)
    if collected_by != CollectedBy.US:
        raise InvalidInput("gateway_starts_its_own", "Collected by: a gateway starts its own, by a checkout.")
    if collection not in Collection.values:
        raise InvalidInput("collection_unknown", "Collect: charge or send.", field="collection")
    days = _trial_days(price_id, trial, trial_days)
    basis = settings.PRORATION_BASIS
    facts = plan_start(customer_id, price_id, quantity, days, now, basis=basis, was_sold=paid is not None)
    subscription = _rows(facts, ask, collection, due_days, continues_id)
    if days:
        shown = marks or Marks()
        claimed = claim_trial(
            customer_id=customer_id,
            email=shown.email or customer.identity.email,
            fingerprints=shown.fingerprints,
            address=shown.address,
            device=shown.device,
            email_verified=shown.email_verified or actor.kind == "person",
            actor=actor,
            now=now,
        )
        attach(trial=claimed, subscription=subscription)
    facts = fact_of(subscription)
    change = keep(subscription, ChangeKind.START, ask, before={}, after=says(facts), to_state=facts.state)
    count(subscription, now, ask)
    grant_locked([subscription], actor=actor, now=now)
    invoice = None
    if not days and facts.period is not None:
        pieces = first_pieces(facts)
        if paid is None:
            invoice = bill(replace(facts), pieces, cause=f"change:{change.pk}", ask=ask)
        else:
            invoice = _bill_paid(facts, pieces, paid, ask)
    add_facts(subscription=subscription.reference, trial=days)
    return Started(subscription, invoice)


def first_pieces(facts: Facts) -> list[Piece]:
    """What the first period costs, before tax is decided."""
    if facts.period is None:
        return []
    return [period_piece(item, facts.period) for item in facts.items if item.amount_minor]


def _bill_paid(facts: Facts, pieces: list[Piece], paid: Paid, ask: Ask) -> Invoice:
    """The invoice of exactly what was paid, so that it is never off by a cent: of one piece, tax included."""
    if len(pieces) != 1 or paid.amount.minor <= 0:
        raise InvalidInput("nothing_was_paid", f"{facts.reference}: nothing of it costs what was paid.")
    piece = replace(
        pieces[0],
        amount_minor=paid.amount.minor,
        inclusive=True,
        why={**pieces[0].why, "tax_inclusive": pieces[0].inclusive, **paid.why},
    )
    order = InvoiceOrder(
        customer_id=facts.customer_id,
        subscription_id=facts.id,
        currency=paid.amount.currency,
        pieces=(piece,),
        cause=paid.cause,
        collect="",
        tax_point=paid.on,
        due_days=0,
        takes_pending=False,
        uses_store_credit=False,
    )
    return write_invoices([order], actor=ask.actor, now=ask.now)[0]


def _trial_days(price_id: int, trial: bool, trial_days: int | None) -> int:
    if not trial:
        return 0
    row = PriceRow.objects.select_related("tier").filter(pk=price_id).first()
    days = trial_days if trial_days is not None else row.tier.trial_days if row else 0
    if days <= 0:
        raise InvalidInput(
            "no_trial", f"Trial: {row.tier.name if row else 'this plan'} has none. Start it without.",
            field="trial",
        )  # fmt: skip
    return days


def _rows(facts: Facts, ask: Ask, collection: str, due_days: int, continues_id: int | None) -> Subscription:
    assert facts.period is not None
    made = Subscription.objects.create(
        reference=new_short_reference("SUB"),
        customer_id=facts.customer_id,
        state=facts.state,
        collected_by=CollectedBy.US,
        currency=facts.currency,
        anchor_at=facts.anchor_at,
        current_period_start=facts.period.start,
        current_period_end=facts.period.end,
        trial_ends_at=facts.trial_ends_at,
        continues_id=continues_id,
        created_at=ask.now,
        asked_by=ask.asked_by,
        collection=collection,
        due_days=due_days,
        proration_basis=ProrationBasis(facts.basis),
    )
    item = facts.main
    SubscriptionItem.objects.create(subscription=made, price_id=item.price.id, quantity=item.quantity)
    return made
