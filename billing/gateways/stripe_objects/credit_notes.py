"""Stripe's credit notes."""

from datetime import datetime

from billing.gateways.facts import CreditNoteFact
from billing.gateways.stripe_objects.reading import (
    STRIPE,
    Body,
    at,
    born,
    currency_of,
    free_text,
    id_of,
    listed,
    minor,
    own_id,
    taxes,
    whole,
    word,
)


def credit_note(body: Body, as_of: datetime) -> CreditNoteFact:
    """A credit note; the part on what had been paid is `post_payment_amount`, or all of one of that type."""
    currency = currency_of(body)
    units = whole(body.get("total")) or whole(body.get("amount"))
    total = minor(units, currency)
    tax = minor(_tax(body, units), currency)
    on_paid = body.get("post_payment_amount")
    if on_paid is None:
        on_paid = units if body.get("type") == "post_payment" else 0
    created = born(body, as_of)
    voided = body.get("status") == "void"
    return CreditNoteFact(
        gateway=STRIPE,
        gateway_id=own_id(body),
        invoice_id=id_of(body.get("invoice")),
        customer_id=id_of(body.get("customer")),
        currency=currency,
        net_minor=total - tax,
        tax_minor=tax,
        total_minor=total,
        on_paid_minor=min(total, minor(on_paid, currency)),
        issued_at=at(body.get("effective_at")) or created,
        as_of=as_of,
        foreign_number=free_text(body.get("number"), 64),
        reason=word(body.get("reason"), 64),
        memo=free_text(body.get("memo"), 2000),
        voided_at=(at(body.get("voided_at")) or as_of) if voided else None,
    )


def _tax(body: Body, units: int) -> int:
    amounts = list(taxes(body))
    if amounts:
        return sum(whole(each.get("amount")) for each in amounts)
    before_tax = body.get("total_excluding_tax")
    if isinstance(before_tax, int):
        return units - before_tax
    return sum(whole(tax.get("amount")) for line in listed(body, "lines") for tax in taxes(line))
