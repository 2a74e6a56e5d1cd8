"""Reading webhook events."""

from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Q, QuerySet

from billing.catalog.models import Price, Tier
from billing.customers.models import Customer
from billing.disputes.models import Dispute
from billing.fields import FromGateway
from billing.imports.queries import asked_at
from billing.invoices.models import CreditNote, Invoice
from billing.payments.models import Payment, PaymentAttempt, PaymentMethod
from billing.refunds.models import Refund
from billing.subscriptions.models import Subscription
from billing.webhooks import rules
from billing.webhooks.models import WebhookEvent, WebhookState

type Belief = Literal["take", "ask", "older"]

ROWS: dict[str, type[FromGateway]] = {
    "customers": Customer,
    "payment_methods": PaymentMethod,
    "products": Tier,
    "prices": Price,
    "plans": Price,
    "subscriptions": Subscription,
    "payment_intents": Payment,
    "charges": PaymentAttempt,
    "invoices": Invoice,
    "refunds": Refund,
    "disputes": Dispute,
    "credit_notes": CreditNote,
}
SECOND = timedelta(seconds=1)


def belief(event: WebhookEvent, kind: str) -> Belief:
    """Whether an event may be taken at its word, given what is known of its object.

    "older": the row is vouched for by a later second. "ask": something else was told of the same second, or a
    later message or an import found the object as it was and so left no mark on the row.
    """
    model = ROWS.get(kind)
    row = (
        model._default_manager.filter(gateway=event.source, gateway_id=event.object_id)
        .values_list("gateway_as_of", flat=True)
        .first()
        if model
        else None
    )
    if row is not None and event.happened_at + SECOND <= row:
        return "older"
    if row is not None and event.happened_at <= row:
        return "ask"
    imported = asked_at(kind)
    if imported is not None and event.happened_at <= imported:
        return "ask"
    others = WebhookEvent.objects.filter(
        source=event.source, object_id=event.object_id, happened_at__gte=event.happened_at
    ).exclude(pk=event.pk)
    return "ask" if others.filter(state=WebhookState.PROCESSED).exists() else "take"


def is_due(event: WebhookEvent, now: datetime) -> bool:
    """Whether a worker may take the event now."""
    if event.state == WebhookState.RECEIVED:
        return True
    if event.processed_at is None:
        return False
    if event.state == WebhookState.PROCESSING:
        return now - event.processed_at >= rules.LEASE
    if event.state == WebhookState.FAILED:
        at = rules.retry_at(event.attempts, event.processed_at)
        return at is not None and at <= now
    return False


def due(now: datetime) -> QuerySet[WebhookEvent]:
    """Events that wait for a worker although no job may be about them: to try again, lapsed, or forgotten."""
    waits = Q(state=WebhookState.RECEIVED, received_at__lte=now - rules.FORGOTTEN)
    waits |= Q(state=WebhookState.PROCESSING, processed_at__lte=now - rules.LEASE)
    for attempts, wait in enumerate(rules.RETRIES, 1):
        waits |= Q(state=WebhookState.FAILED, attempts=attempts, processed_at__lte=now - wait)
    return WebhookEvent.objects.filter(waits).order_by("received_at", "pk")
