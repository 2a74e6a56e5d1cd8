"""Reading webhook events."""

from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Count, Q

from billing.catalog.models import Price, Tier
from billing.checkouts.models import CheckoutSession
from billing.customers.models import Customer
from billing.disputes.models import Dispute
from billing.fields import FromGateway
from billing.history.models import HistoryEntry
from billing.imports.queries import asked_at
from billing.invoices.models import CreditNote, Invoice
from billing.payments.models import Payment, PaymentAttempt, PaymentMethod
from billing.payouts.models import Payout
from billing.refunds.models import Refund
from billing.subscriptions.models import Subscription
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
    "early_fraud_warnings": Dispute,
    "payouts": Payout,
    "checkout_sessions": CheckoutSession,
    "credit_notes": CreditNote,
}
SECOND = timedelta(seconds=1)
MOST = 500
#: How the history names an event itself.
SUBJECT = "webhookevent"


def belief(event: WebhookEvent, kind: str) -> Belief:
    """Whether an event may be taken at its word, given what is known of its object.

    "older": the row is vouched for by a later second. "ask": something else was told of the same second, or a
    later message or an import found the object as it was and so left no mark on the row.
    """
    row = known_as_of(event.source, kind, event.object_id)
    if row is not None and event.happened_at + SECOND <= row:
        return "older"
    if row is not None and event.happened_at <= row:
        return "ask"
    imported = asked_at(kind)
    if imported is not None and event.happened_at <= imported:
        return "ask"
    others = WebhookEvent.objects.filter(
        Q(state=WebhookState.PROCESSED) | Q(state=WebhookState.PROCESSING, happened_at=event.happened_at),
        source=event.source,
        object_id=event.object_id,
        happened_at__gte=event.happened_at,
    ).exclude(pk=event.pk)
    return "ask" if others.exists() else "take"


def known_as_of(source: str, kind: str, gateway_id: str) -> datetime | None:
    """The moment that a gateway last vouched for an object's row; None where there is no row."""
    model = ROWS.get(kind)
    if model is None:
        return None
    rows = model._default_manager.filter(gateway=source, gateway_id=gateway_id)
    return rows.values_list("gateway_as_of", flat=True).first()


def request_id_of(event: WebhookEvent) -> str:
    """What the history and the audit trail know this event's effects by."""
    return event.event_id[:64]


def changes_of(event: WebhookEvent) -> list[HistoryEntry]:
    """What an event changed, over all its attempts, in order: entries about any object. One query.

    `changes.with_rows` brings the rows that they are about, with what was before and after.
    """
    written = HistoryEntry.objects.filter(request_id=request_id_of(event)).exclude(subject_kind=SUBJECT)
    return list(written.order_by("id")[:MOST])


def waiting_and_dead() -> dict[str, int]:
    """How many events are dead, and how many wait for another try."""
    rows = WebhookEvent.objects.filter(state__in=(WebhookState.DEAD, WebhookState.FAILED))
    counted = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    return {"dead": counted.get("dead", 0), "failed": counted.get("failed", 0)}
