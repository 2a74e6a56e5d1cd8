"""Starting a paid plan by checkout: the page asks for exactly what the first invoice will come to.

Price, currency, interval and amount are the catalog's; nothing begins before a gateway says that it was paid.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from billing.catalog.asking import price_asked_for
from billing.catalog.models import Price
from billing.checkouts import locks
from billing.checkouts.buying import check_key, gateway_of, lately_started, sums_of, write_session
from billing.checkouts.models import CheckoutSession, CheckoutState
from billing.checkouts.paging import open_page_of
from billing.checkouts.rules import DAY, DOUBLE_WITHIN, check_pace, check_starts
from billing.customers.models import Customer
from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.logs import note_odd, service
from billing.money import Money
from billing.payments.payers import refuse_if_elsewhere
from billing.periods.intervals import Unit
from billing.subscriptions.models import Subscription, SubscriptionItem
from billing.subscriptions.plans import in_words
from billing.subscriptions.starting import first_pieces, plan_start

__all__ = ["PlanAsked", "PlanOffer", "costing", "plan_offer_of", "start_plan", "write_plan"]


@dataclass(frozen=True, slots=True)
class PlanAsked:
    """Which plan (a tier's slug), billed how often, for how many."""

    plan: str
    unit: Unit = "month"
    count: int = 1
    seats: int = 1


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """What a customer is asked to pay for the first period, with its tax."""

    price: Price
    seats: int
    description: str
    net: Money
    tax: Money

    @property
    def total(self) -> Money:
        return self.net + self.tax


def plan_offer_of(*, customer: Customer, asked: PlanAsked, now: datetime) -> PlanOffer:
    """What the first period of the plan costs this customer today.

    Raises `InvalidInput` for a plan that is not sold so or costs nothing, for seats that cannot be, and what
    the tax rules refuse: a customer without a country.
    """
    price = price_asked_for(plan=asked.plan, unit=asked.unit, count=asked.count, currency=customer.currency)
    facts = plan_start(customer.pk, price.pk, asked.seats, 0, now)
    pieces = first_pieces(facts)
    if not pieces:
        raise InvalidInput(
            "plan_costs_nothing",
            f"Plan: {price.tier.name} costs nothing, so there is nothing to pay for.",
            field="plan",
        )
    net, tax = sums_of(customer, pieces[0], price.currency, now)
    return PlanOffer(price, asked.seats, in_words(facts.main), net, tax)


@service("checkouts")
def start_plan(
    *, customer_id: int, asked: PlanAsked, return_url: str, key: str, actor: Actor, now: datetime
) -> CheckoutSession:
    """Starts the checkout of a plan and gives its session, whose ``url`` is where the customer pays.

    The same ``key`` gives the same session. Raises `Conflict` for a customer who has a plan that costs
    something (it is changed, not bought again) or when the gateway cannot be asked now; `NotAllowed` past ten
    purchases an hour or five checkouts of a plan a day; and what `plan_offer_of` raises.
    """
    return open_page_of(write_plan(customer_id, asked, return_url, key, actor, now), now=now)


@transaction.atomic
def write_plan(
    customer_id: int,
    asked: PlanAsked,
    return_url: str,
    key: str,
    actor: Actor,
    now: datetime,
    gateway: str = "",
) -> CheckoutSession:
    """The session and the payment that will come, under the buyer's lock; no page is asked for yet."""
    check_key(key)
    customer = locks.lock_buyer(customer_id)
    before = CheckoutSession.objects.filter(key=key).select_related("price__tier").first()
    if before is not None:
        return _the_same(before, customer_id, asked)
    recent = lately_started(customer_id, now)
    check_pace(list(recent.values_list("created_at", flat=True)), now)
    plans = CheckoutSession.objects.filter(
        customer=customer_id, price__isnull=False, created_at__gt=now - DAY
    ).exclude(state=CheckoutState.FAILED)
    check_starts(list(plans.values_list("created_at", flat=True)), now)
    _refuse_a_second(customer_id)
    gateway = gateway or gateway_of(customer)
    refuse_if_elsewhere(customer, gateway)
    offer = plan_offer_of(customer=customer, asked=asked, now=now)
    if plans.filter(created_at__gt=now - DOUBLE_WITHIN).exists():
        note_odd("checkouts.double_plan", customer=customer_id, plan=asked.plan, key=key[:120])
    return write_session(
        customer=customer,
        gateway=gateway,
        sold=offer.price,
        quantity=offer.seats,
        total=offer.total,
        description=offer.description,
        return_url=return_url,
        key=key,
        actor=actor,
        now=now,
        facts={"plan": offer.description, "version": offer.price.version},
    )


def costing(running: Collection[Subscription]) -> Subscription | None:
    """The first of these subscriptions whose plan costs something; a free one stands in nobody's way."""
    ids = [each.pk for each in running]
    costs = SubscriptionItem.objects.filter(subscription__in=ids, price__unit_amount_minor__gt=0)
    paid = set(costs.values_list("subscription_id", flat=True))
    return next((each for each in running if each.pk in paid), None)


def _refuse_a_second(customer_id: int) -> None:
    has = costing(locks.standing(customer_id))
    if has is not None:
        raise Conflict(
            "already_subscribed",
            f"Plan: {has.reference} is {has.get_state_display().lower()} already. Change that one, or end it "
            "first.",
            field="plan",
            facts={"subscription": has.reference},
        )


def _the_same(before: CheckoutSession, customer_id: int, asked: PlanAsked) -> CheckoutSession:
    price = before.price
    sold = (price.tier.slug, price.interval_unit, price.interval_count) if price else ()
    if (before.customer_id, *sold, before.quantity) != (
        customer_id, asked.plan, asked.unit, asked.count, asked.seats,
    ):  # fmt: skip
        raise Conflict("key_used_before", "Key: another purchase was started with it. Use a new one.")
    return before
