"""Payments as they are read: for lists, for their own page, and what they are made with in words."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from billing.invoices.models import Invoice
from billing.payments.models import Payment, PaymentAllocation, PaymentAttempt, PaymentMethod

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
    SELECT (
        SELECT p.currency FROM billing_payment p WHERE p.currency > found.currency ORDER BY p.currency LIMIT 1
    )
    FROM found WHERE found.currency IS NOT NULL
)
SELECT currency FROM found WHERE currency IS NOT NULL
"""


def payments_for_list() -> QuerySet[Payment]:
    """Payments with their customer's name and `refunded_minor`, what has gone back of each."""
    # Refunds stand a floor above: the table is read, nothing of theirs is called.
    refunded = (
        apps.get_model("billing", "Refund")
        .objects.filter(payment=OuterRef("pk"), state="succeeded")
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
    found = Payment.objects.select_related("customer__identity", "method", "invoice")
    return found.filter(reference=reference).first()


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


def method_label(method: PaymentMethod) -> str:
    """Visa ···· 4242, 12/2029."""
    kind = method.get_kind_display()
    name = BRANDS.get(method.brand.lower(), method.brand.replace("_", " ").capitalize()) or kind
    words = f"{name} ···· {method.last4}" if method.last4 else name
    until = f", {method.exp_month:02}/{method.exp_year}" if method.exp_month and method.exp_year else ""
    return f"{words}{until}"


def gateway_name(gateway: str) -> str:
    """Stripe · PayPal · YooKassa · Sandbox · Outside."""
    names = {
        "stripe": "Stripe",
        "paypal": "PayPal",
        "yookassa": "YooKassa",
        "sandbox": "Sandbox",
        "": "Outside",
    }
    return names.get(gateway, gateway.capitalize())


def by_gateway_id(gateway: str, gateway_ids: Iterable[str]) -> dict[str, Payment]:
    """The payments that a gateway calls by these ids: their own, or that of one of their attempts."""
    wanted = sorted({each for each in gateway_ids if each})
    found = {row.gateway_id: row for row in Payment.objects.filter(gateway=gateway, gateway_id__in=wanted)}
    others = [each for each in wanted if each not in found]
    if others:
        tries = PaymentAttempt.objects.filter(gateway=gateway, gateway_id__in=others)
        found |= {each.gateway_id: each.payment for each in tries.select_related("payment")}
    return found


def allocated_of_payments(payment_ids: Iterable[int]) -> dict[int, int]:
    """How much of each payment is applied to invoices, minor units."""
    rows = PaymentAllocation.objects.filter(payment__in=list(payment_ids)).values_list("payment_id")
    return dict(rows.annotate(Sum("amount_minor")))


def allocated_to_invoices(invoice_ids: Iterable[int]) -> dict[int, int]:
    """How much of each invoice is paid by allocations, minor units."""
    rows = PaymentAllocation.objects.filter(invoice__in=list(invoice_ids)).values_list("invoice_id")
    return dict(rows.annotate(Sum("amount_minor")))


def lock_invoices(gateway: str, gateway_ids: Iterable[str]) -> dict[str, Invoice]:
    rows = Invoice.objects.select_for_update().filter(gateway=gateway, gateway_id__in=list(gateway_ids))
    return {row.gateway_id: row for row in rows.order_by("pk")}
