"""Payments as they are read: for lists, for their own page, and what they are made with in words."""

from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from billing.payments.models import Payment

BRANDS = {
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "Amex",
    "discover": "Discover",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}

CURRENCIES = """
WITH RECURSIVE found AS (
    (SELECT currency FROM billing_payment ORDER BY currency LIMIT 1)
    UNION ALL
    SELECT (SELECT p.currency FROM billing_payment p WHERE p.currency > found.currency ORDER BY p.currency LIMIT 1)
    FROM found WHERE found.currency IS NOT NULL
)
SELECT currency FROM found WHERE currency IS NOT NULL
"""


def payments_for_list() -> QuerySet[Payment]:
    """Payments with their customer's name and `refunded_minor`, what has gone back of each."""
    from billing.refunds.models import Refund

    refunded = (
        Refund.objects.filter(payment=OuterRef("pk"), state="succeeded")
        .order_by()
        .values("payment")
        .annotate(minor=Sum("amount_minor"))
        .values("minor")
    )
    return Payment.objects.select_related("customer__identity").annotate(
        refunded_minor=Coalesce(Subquery(refunded), 0)
    )


def payment_by_reference(reference: str) -> Payment | None:
    """A payment with its customer and method, or None."""
    return Payment.objects.select_related("customer__identity", "method").filter(reference=reference).first()


def currencies_in_use() -> list[str]:
    """Every currency that a payment has; one step through an index for each, however many rows there are."""
    with connection.cursor() as cursor:
        cursor.execute(CURRENCIES)
        return [code for (code,) in cursor.fetchall()]


def method_words(payment: Any) -> str:
    """Visa ···· 4242 · SEPA debit ···· 3000 · Bank transfer."""
    kind = payment.get_method_kind_display() if payment.method_kind else ""
    name = BRANDS.get(payment.card_brand.lower(), payment.card_brand.replace("_", " ").capitalize()) or kind
    if payment.card_last4:
        return f"{name or 'Card'} ···· {payment.card_last4}"
    return name or "Not told"


def gateway_name(gateway: str) -> str:
    """Stripe · Sandbox · Outside."""
    return {"stripe": "Stripe", "sandbox": "Sandbox", "": "Outside"}.get(gateway, gateway.capitalize())
