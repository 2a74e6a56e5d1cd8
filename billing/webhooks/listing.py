"""Webhook events as the log shows them: the object that each is about, and its other events."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from billing.catalog.models import Price, Tier
from billing.customers.models import Customer
from billing.disputes.models import Dispute
from billing.fields import FromGateway
from billing.history.models import HistoryEntry
from billing.history.queries import timeline_of
from billing.invoices.models import CreditNote, Invoice
from billing.payments.models import Payment, PaymentAttempt
from billing.refunds.models import Refund
from billing.subscriptions.models import Subscription
from billing.webhooks import rules
from billing.webhooks.models import WebhookEvent, WebhookState

#: A gateway's word for an object, and where the desk keeps it.
KEPT_AS: dict[str, type[FromGateway]] = {
    "payment": Payment,
    "payment_intent": Payment,
    "charge": PaymentAttempt,
    "refund": Refund,
    "dispute": Dispute,
    "invoice": Invoice,
    "credit_note": CreditNote,
    "customer": Customer,
    "subscription": Subscription,
    "product": Tier,
    "price": Price,
    "plan": Price,
}
OVER = frozenset({WebhookState.PROCESSED, WebhookState.IGNORED, WebhookState.DEAD})

TYPES = """
WITH RECURSIVE found AS (
    (SELECT type FROM billing_webhookevent ORDER BY type LIMIT 1)
    UNION ALL
    SELECT (SELECT e.type FROM billing_webhookevent e WHERE e.type > found.type ORDER BY e.type LIMIT 1)
    FROM found WHERE found.type IS NOT NULL
)
SELECT type FROM found WHERE type IS NOT NULL
"""


def types_received() -> list[str]:
    """Every type that an event has; one step through an index for each."""
    with connection.cursor() as cursor:
        cursor.execute(TYPES)
        return [name for (name,) in cursor.fetchall()]


def event_by_pk(pk: int) -> WebhookEvent | None:
    """An event with its content."""
    return WebhookEvent.objects.prefetch_related("payloads").filter(pk=pk).first()


def others_about(event: WebhookEvent) -> QuerySet[WebhookEvent]:
    """The other events of the same object, the latest first."""
    if not event.object_id:
        return WebhookEvent.objects.none()
    rows = WebhookEvent.objects.filter(source=event.source, object_id=event.object_id)
    return rows.exclude(pk=event.pk).order_by("-happened_at", "-pk")


def object_of(event: WebhookEvent) -> Any:
    """What the event is about: a charge's payment, a credit note's invoice, a price's tier; or None."""
    model = KEPT_AS.get(event.object_kind)
    if model is None or not event.object_id:
        return None
    rows: QuerySet[Any] = model._default_manager.filter(gateway=event.source, gateway_id=event.object_id)
    if model is PaymentAttempt:
        found = rows.select_related("payment__customer__identity").first()
        return found.payment if found else _charged(event)
    if model is CreditNote:
        note = rows.select_related("invoice__customer__identity").first()
        return note.invoice if note else None
    if model is Price:
        price = rows.select_related("tier").first()
        return price.tier if price else None
    if model is Customer:
        return rows.select_related("identity").first()
    if model is Tier:
        return rows.first()
    return rows.select_related("customer__identity").first()


def _charged(event: WebhookEvent) -> Payment | None:
    """A charge without an intent is the payment itself."""
    rows = Payment.objects.select_related("customer__identity")
    return rows.filter(gateway=event.source, gateway_id=event.object_id).first()


def changes_by(event: WebhookEvent, about: Any) -> list[HistoryEntry]:
    """What the event wrote into the history of the object that it is about."""
    if about is None:
        return []
    return [each for each in timeline_of(about) if each.request_id == event.event_id[:64]]


def delay(event: WebhookEvent, now: datetime) -> timedelta:
    """From what happened at the gateway to the desk's being done with it, or until now."""
    end = event.processed_at if event.state in OVER and event.processed_at else now
    return max(timedelta(), end - event.happened_at)


def next_try_at(event: WebhookEvent) -> datetime | None:
    """When one that failed is tried again."""
    if event.state != WebhookState.FAILED or event.processed_at is None:
        return None
    return rules.retry_at(event.attempts, event.processed_at)
