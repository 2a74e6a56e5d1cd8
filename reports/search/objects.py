"""How each noun is shown among the hits of a search; every queryset here runs as one query."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from billing.models import (
    CreditNote,
    Customer,
    Dispute,
    Invoice,
    Payment,
    Refund,
    Subscription,
    WebhookEvent,
)
from reports.search.hits import Hit


def name_of(customer: Customer) -> str:
    """The customer's name; the reference where the person has been erased."""
    identity = getattr(customer, "identity", None)
    return (identity.name or identity.email) if identity else customer.reference


def payments(rows: QuerySet[Payment], match: str = "") -> list[Hit]:
    return [
        Hit(
            "payment",
            p.reference,
            name_of(p.customer),
            method(p) or p.reference,
            match,
            "payment",
            p.state,
            p.amount_minor,
            p.currency,
            p.created_at,
        )
        for p in rows.select_related("customer__identity")
    ]


def method(payment: Payment) -> str:
    if payment.card_last4:
        return f"{payment.card_brand.title()} ···· {payment.card_last4}"
    return payment.get_method_kind_display() if payment.method_kind else ""


def refunds(rows: QuerySet[Refund], match: str = "") -> list[Hit]:
    return [
        Hit(
            "refund",
            r.reference,
            name_of(r.customer),
            r.reference,
            match,
            "refund",
            r.state,
            r.amount_minor,
            r.currency,
            r.created_at,
        )
        for r in rows.select_related("customer__identity")
    ]


def invoices(rows: QuerySet[Invoice], match: str = "") -> list[Hit]:
    return [
        Hit(
            "invoice",
            i.reference,
            name_of(i.customer),
            i.label,
            match,
            "invoice",
            i.state,
            i.total_minor,
            i.currency,
            i.finalised_at or i.created_at,
        )
        for i in rows.select_related("customer__identity")
    ]


def subscriptions(rows: QuerySet[Subscription], match: str = "") -> list[Hit]:
    return [
        Hit(
            "subscription",
            s.reference,
            name_of(s.customer),
            s.reference,
            match,
            "subscription",
            s.state,
            at=s.created_at,
        )
        for s in rows.select_related("customer__identity")
    ]


def disputes(rows: QuerySet[Dispute], match: str = "") -> list[Hit]:
    return [
        Hit(
            "dispute",
            d.reference,
            name_of(d.customer),
            d.reference,
            match,
            "dispute",
            d.state,
            d.amount_minor,
            d.currency,
            d.created_at,
        )
        for d in rows.select_related("customer__identity")
    ]


def credit_notes(rows: QuerySet[CreditNote], match: str = "") -> list[Hit]:
    """A credit note opens with the invoice that it lowers."""
    return [
        Hit(
            "invoice",
            n.invoice.reference,
            name_of(n.customer),
            str(n),
            match,
            amount_minor=n.total_minor,
            currency=n.currency,
            at=n.issued_at,
        )
        for n in rows.select_related("customer__identity", "invoice")
    ]


def events(rows: Iterable[WebhookEvent], match: str = "") -> list[Hit]:
    return [
        Hit("webhook", str(e.pk), e.type, e.event_id, match, "webhook", e.state, at=e.received_at)
        for e in rows
    ]


def customers(rows: QuerySet[Customer], match: str = "") -> list[Hit]:
    """Customers with the state of their newest subscription that still runs."""
    running = Subscription.objects.filter(customer=OuterRef("pk")).exclude(state__in=["canceled", "expired"])
    rows = rows.select_related("identity").annotate(
        runs=Subquery(running.order_by("-created_at", "-id").values("state")[:1]),
        ever=Exists(Subscription.objects.filter(customer=OuterRef("pk"))),
    )
    return [
        Hit(
            "customer",
            c.reference,
            name_of(c),
            c.reference,
            match,
            "subscription" if c.runs or c.ever else "",
            c.runs or ("canceled" if c.ever else ""),
        )
        for c in rows
    ]
