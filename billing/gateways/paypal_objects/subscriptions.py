"""PayPal's subscriptions, and the agreements that they were before, with who pays."""

from dataclasses import replace
from datetime import datetime

from billing.gateways.facts import CustomerFact, ItemFact, PersonFact, PriceFact, SubscriptionFact
from billing.gateways.paypal_objects import catalog
from billing.gateways.paypal_objects.reading import (
    PAYPAL,
    Body,
    Unreadable,
    at,
    born,
    money,
    own_id,
    status_of,
)
from billing.gateways.stripe_objects.reading import part, text
from billing.money import is_currency

STATES = {
    "APPROVAL_PENDING": "incomplete",
    "APPROVED": "incomplete",
    "PENDING": "incomplete",
    "ACTIVE": "active",
    "REACTIVATED": "active",
    "SUSPENDED": "paused",
    "SUSPEND": "paused",
    "CANCELLED": "canceled",
    "CANCELED": "canceled",
    "CANCEL": "canceled",
    "EXPIRED": "canceled",
}


def payer_of(body: Body) -> str:
    """The payer's id: of a subscription, an agreement, an order or a payment."""
    for found in (part(body, "subscriber"), part(body, "payer", "payer_info"), part(body, "payer")):
        payer = text(found.get("payer_id"), 64)
        if payer:
            return payer
    return ""


def payer(body: Body, as_of: datetime) -> CustomerFact | None:
    """Who pays, where the object says so; their name and address for the one table of identities."""
    gateway_id = payer_of(body)
    if not gateway_id:
        return None
    who = part(body, "subscriber") or part(body, "payer", "payer_info") or part(body, "payer")
    name = part(who, "name")
    given = text(name.get("given_name"), 100) or text(who.get("first_name"), 100)
    family = text(name.get("surname"), 100) or text(who.get("last_name"), 100)
    address = (
        part(who, "shipping_address", "address") or part(who, "address") or part(who, "shipping_address")
    )
    email = text(who.get("email_address"), 254) or text(who.get("email"), 254)
    person = PersonFact(
        name=" ".join(filter(None, (given, family))) or text(name.get("full_name"), 200),
        email=email,
        line1=text(address.get("address_line_1"), 200) or text(address.get("line1"), 200),
        line2=text(address.get("address_line_2"), 200) or text(address.get("line2"), 200),
        city=text(address.get("admin_area_2"), 120) or text(address.get("city"), 120),
        region=text(address.get("admin_area_1"), 120) or text(address.get("state"), 120),
        postal_code=text(address.get("postal_code"), 32),
        phone=text(part(who, "phone", "phone_number").get("national_number"), 40),
    )
    return CustomerFact(
        gateway=PAYPAL,
        gateway_id=gateway_id,
        created_at=None,
        as_of=as_of,
        person=person if person.name or person.email else None,
        country=text(address.get("country_code"), 2).upper(),
    )


def subscription(body: Body, as_of: datetime, price: PriceFact | None = None) -> SubscriptionFact:
    """A subscription at ``price``, that of the plan it names; an older one carries its plan within it.

    One whose last payments failed is past due until its balance is paid. Without a price it has no items,
    and so no recurring revenue.
    """
    gateway_id, status = own_id(body), status_of(body)
    state = STATES.get(status)
    if state is None:
        raise Unreadable(f"{gateway_id} is {status or 'in no state'}, which the desk does not know.")
    if state == "active" and _owes(body):
        state = "past_due"
    found = own_price(body, as_of) or price
    currency = found.currency if found else currency_of(body)
    created = at(body.get("start_time")) or at(body.get("start_date")) or born(body, as_of)
    changed = at(body.get("status_update_time")) or as_of
    quantity = body.get("quantity")
    items = (
        (
            ItemFact(
                gateway_id=f"{gateway_id}:{found.gateway_id}",
                price=found,
                quantity=int(quantity) if isinstance(quantity, str) and quantity.isdigit() else 1,
            ),
        )
        if found
        else ()
    )
    starts, ends = _period(body)
    return SubscriptionFact(
        gateway=PAYPAL,
        gateway_id=gateway_id,
        customer_id=payer_of(body) or f"guest:{gateway_id}",
        state=state,
        currency=currency,
        anchor_at=created,
        created_at=created,
        as_of=as_of,
        items=items,
        current_period_start=starts,
        current_period_end=ends,
        canceled_at=changed if state == "canceled" else None,
        ended_at=changed if state == "canceled" else None,
    )


def own_price(body: Body, as_of: datetime) -> PriceFact | None:
    """The price of the plan that stands inside an agreement, or overrides the subscription's."""
    within = part(body, "plan")
    if not within:
        return None
    plan_id = text(body.get("plan_id"), 64)
    fact = catalog.plan(within, as_of, gateway_id=f"{own_id(body)}:plan")
    if fact is None:
        return None
    return replace(fact, tier_id=text(within.get("product_id"), 64) or plan_id or fact.gateway_id)


def currency_of(body: Body) -> str:
    billing = part(body, "billing_info")
    for found in (
        part(billing, "last_payment").get("amount"),
        billing.get("outstanding_balance"),
        body.get("shipping_amount"),
    ):
        amount = money(found)
        if amount is not None:
            return amount.currency
    code = text(part(body, "plan").get("curr_code"), 3)
    if is_currency(code):
        return code
    raise Unreadable(f"{own_id(body)} is in no currency that the desk knows.")


def _owes(body: Body) -> bool:
    billing = part(body, "billing_info") or part(body, "agreement_details")
    failed = billing.get("failed_payments_count", billing.get("failed_payment_count", 0))
    owed = money(billing.get("outstanding_balance"))
    return str(failed) not in ("", "0", "None") and (owed is None or owed.minor > 0)


def _period(body: Body) -> tuple[datetime | None, datetime | None]:
    """From the last payment to the next, where both are told; never upside down."""
    billing = part(body, "billing_info")
    starts = at(part(billing, "last_payment").get("time")) or at(body.get("start_time"))
    ends = at(billing.get("next_billing_time"))
    return (starts, ends) if starts and ends and ends > starts else (None, None)
