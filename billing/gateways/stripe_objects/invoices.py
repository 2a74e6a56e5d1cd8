"""Stripe's invoices with their lines, and which payments paid them."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from billing.gateways.facts import InvoiceFact, InvoicePaymentFact, LineFact
from billing.gateways.stripe_objects.reading import (
    STRIPE,
    Body,
    Unreadable,
    at,
    born,
    currency_of,
    decimal,
    free_text,
    id_of,
    listed,
    minor,
    own_id,
    part,
    taxes,
    text,
    whole,
)

STATES = frozenset({"draft", "open", "paid", "void", "uncollectible"})


def invoice(body: Body, as_of: datetime) -> InvoiceFact:
    """An invoice with Stripe's own sums."""
    state = text(body.get("status"), 16) or _state_before_there_was_one(body)
    if state not in STATES:
        raise Unreadable(f"{own_id(body)} is {state}, which the desk does not know.")
    currency = currency_of(body)
    moments = part(body, "status_transitions")
    created = born(body, as_of)
    total = minor(body.get("total"), currency)
    tax = _tax(body, currency)
    due = at(body.get("due_date"))
    return InvoiceFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        customer_id=id_of(body.get("customer")),
        subscription_id=_subscription(body),
        state=state,
        currency=currency,
        net_minor=total - tax,
        tax_minor=tax,
        total_minor=total,
        created_at=created,
        as_of=as_of,
        lines=tuple(_line(each, currency) for each in listed(body, "lines")),
        foreign_number=free_text(body.get("number"), 64),
        bill_to=tuple(_bill_to(body)),
        finalised_at=None
        if state == "draft"
        else at(moments.get("finalized_at")) or at(body.get("effective_at")) or created,
        due_on=due.date() if due else None,
        paid_at=at(moments.get("paid_at")),
        voided_at=at(moments.get("voided_at")),
        uncollectible_at=at(moments.get("marked_uncollectible_at")),
        paid_out_of_band_minor=minor(body.get("amount_paid"), currency)
        if body.get("paid_out_of_band") is True
        else 0,
        payment_ids=tuple(dict.fromkeys(filter(None, _payments(body)))),
        from_balance_minor=_from_balance(body, total, currency),
    )


def _from_balance(body: Body, total_minor: int, currency: str) -> int:
    """What the customer's balance at Stripe paid of the invoice; a credit there is below zero.

    An invoice may also be collected later with the next one: then the balance owes it. One that collects
    what the balance owed is paid with more than its total instead, which the payment tells.
    """
    before, after = body.get("starting_balance"), body.get("ending_balance")
    if not isinstance(before, int) or not isinstance(after, int):
        return 0
    return max(0, min(total_minor, minor(after - before, currency)))


def invoice_payment(body: Body, as_of: datetime) -> InvoicePaymentFact | None:
    """That a payment was applied; None while it is only meant to be, or was made past Stripe."""
    payment = _payment_of(body)
    if not payment or text(body.get("status"), 16) not in ("", "paid"):
        return None
    return InvoicePaymentFact(STRIPE, id_of(body.get("invoice")), payment)


def _payment_of(body: Body) -> str:
    payment = part(body, "payment")
    return id_of(payment.get("payment_intent")) or id_of(payment.get("charge"))


def _payments(body: Body) -> Iterator[str]:
    """Before 2025-03-31 the invoice names its intent and charge, since then it lists its payments."""
    yield id_of(body.get("payment_intent")) or id_of(body.get("charge"))
    for each in listed(body, "payments"):
        if text(each.get("status"), 16) in ("", "paid"):
            yield _payment_of(each)


def _state_before_there_was_one(body: Body) -> str:
    """Invoices of API versions before 2018-11-08 say `paid`, `closed` and `forgiven` instead."""
    if body.get("paid") is True:
        return "paid"
    if body.get("forgiven") is True:
        return "uncollectible"
    return "open" if body.get("attempted") is True or body.get("closed") is True else "draft"


def _subscription(body: Body) -> str:
    found = id_of(body.get("subscription"))
    return found or id_of(part(body, "parent", "subscription_details").get("subscription"))


def _tax(body: Body, currency: str) -> int:
    """`total_taxes`, before 2025-03-31 `total_tax_amounts`, before those `tax`."""
    amounts = [whole(each.get("amount")) for each in taxes(body)]
    if amounts:
        return minor(sum(amounts), currency)
    if isinstance(body.get("tax"), int):
        return minor(body["tax"], currency)
    before_tax = body.get("total_excluding_tax")
    return minor(whole(body.get("total")) - before_tax, currency) if isinstance(before_tax, int) else 0


def _line(body: Body, currency: str) -> LineFact:
    """`amount` leaves out discounts and holds the tax that is included in it: both are taken off the net."""
    amounts = list(taxes(body))
    tax = sum(whole(each.get("amount")) for each in amounts)
    inside = sum(
        whole(each.get("amount"))
        for each in amounts
        if each.get("inclusive") is True or each.get("tax_behavior") == "inclusive"
    )
    discounts = sum(whole(each.get("amount")) for each in listed(body, "discount_amounts"))
    quantity = decimal(body.get("quantity"))
    price = part(body, "price") or part(body, "plan")
    pricing = part(body, "pricing")
    starts, ends = at(part(body, "period").get("start")), at(part(body, "period").get("end"))
    return LineFact(
        gateway_id=id_of(body)[:255],
        description=free_text(body.get("description"), 500) or "Item",
        quantity=Decimal(1) if quantity is None else quantity,
        net_minor=minor(whole(body.get("amount")) - discounts - inside, currency),
        tax_minor=minor(tax, currency),
        unit_amount_minor=_each(pricing, price),
        tax_rate=_rate(amounts, body),
        period_start=starts,
        period_end=ends,
        price_id=id_of(price) or id_of(part(pricing, "price_details").get("price")),
        is_proration=_is_proration(body),
    )


def _each(*places: Body) -> Decimal | None:
    """What one costs, by the first name that says it."""
    names = ("unit_amount_decimal", "unit_amount", "amount_decimal", "amount")
    return next(
        (found for at in places for name in names if (found := decimal(at.get(name))) is not None), None
    )


def _rate(amounts: list[Body], body: Body) -> Decimal | None:
    """The rate in per cent, where one alone applies and Stripe embeds it."""
    rates = [part(each, "tax_rate") or part(each, "tax_rate_details", "tax_rate") for each in amounts]
    rates = [each for each in rates if each] or listed(body, "tax_rates")
    found = decimal(rates[0].get("percentage")) if len(rates) == 1 else None
    return found.quantize(Decimal("0.0001")) if found is not None and 0 <= found < 1000 else None


def _is_proration(body: Body) -> bool:
    if body.get("proration") is True:
        return True
    parents = ("invoice_item_details", "subscription_item_details")
    return any(part(body, "parent", each).get("proration") is True for each in parents)


def _bill_to(body: Body) -> Iterator[tuple[str, str]]:
    """The address on the document, which stays with it for as long as the law says."""
    address = part(body, "customer_address")
    tax_ids = listed(body, "customer_tax_ids")
    said = {
        "name": body.get("customer_name"),
        "email": body.get("customer_email"),
        "line1": address.get("line1"),
        "line2": address.get("line2"),
        "city": address.get("city"),
        "region": address.get("state"),
        "postal_code": address.get("postal_code"),
        "country": address.get("country"),
        "tax_id": tax_ids[0].get("value") if tax_ids else None,
    }
    yield from ((name, text(value, 254)) for name, value in said.items() if text(value, 254))
