"""What an event is about: the object's page, and what people call it."""

from typing import Any

from billing.catalog.models import Tier
from billing.customers.models import Customer
from billing.disputes.models import Dispute
from billing.invoices.models import Invoice
from billing.payments.models import Payment
from billing.payouts.models import Payout
from billing.refunds.models import Refund
from billing.subscriptions.models import Subscription
from billing.webhooks.models import WebhookEvent
from dashboard.actions.related import link
from dashboard.lists.names import name_of
from dashboard.parts.entries import Fact
from dashboard.webhooks.tables import whose_of

PAGES: dict[type[Any], tuple[str, str]] = {
    Payment: ("payments:show", "payments.view"),
    Refund: ("refunds:show", "refunds.view"),
    Dispute: ("disputes:show", "disputes.view"),
    Payout: ("payouts:show", "payouts.view"),
    Invoice: ("invoices:show", "invoices.view"),
    Subscription: ("subscriptions:show", "subscriptions.view"),
    Customer: ("customers:show", "customers.view"),
    Tier: ("catalog:show", "catalog.view"),
}


def fact_about(event: WebhookEvent, about: Any, user: Any) -> list[Fact]:
    """The object as a fact with its link; unknown, with the gateway's id, when the desk has no such row."""
    if about is not None:
        target, permission = PAGES[type(about)]
        key = about.slug if isinstance(about, Tier) else about.reference
        return [Fact("About", label_of(about), url=link(target, key, user, permission))]
    if event.object_id:
        return [Fact("About", None, why=f"The desk knows no {event.object_kind} {event.object_id}.")]
    return []


def whose_fact(event: Any, about: Any, user: Any) -> list[Fact]:
    """The customer, through the gateway's id of them or through the object."""
    reference, name = "", ""
    if event.whose:
        reference, name = event.whose["reference"], whose_of(event)[0]
    elif about is not None and not isinstance(about, Customer) and getattr(about, "customer_id", None):
        reference, name = about.customer.reference, name_of(about.customer)[0]
    if not reference:
        return []
    return [Fact("Customer", name, url=link("customers:show", reference, user, "customers.view"))]


def label_of(about: Any) -> str:
    """The name or number that people call it by."""
    if isinstance(about, Customer):
        return name_of(about)[0]
    if isinstance(about, Invoice):
        return about.label
    return about.name if isinstance(about, Tier) else about.reference
