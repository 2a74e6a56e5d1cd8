"""Webhook events as the log shows them: the object that each is about, and its other events."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, F, JSONField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import JSONObject

from billing.catalog.models import Price, Tier
from billing.customers.models import Customer
from billing.disputes.models import Dispute
from billing.fields import FromGateway
from billing.invoices.models import CreditNote, Invoice
from billing.payments.models import Payment, PaymentAttempt
from billing.refunds.models import Refund
from billing.subscriptions.models import Subscription
from billing.webhooks import rules
from billing.webhooks.models import Slowness, WebhookAttempt, WebhookEvent, WebhookState

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
#: Kinds of objects whose rows belong to a customer.
OWNED = ("payment", "payment_intent", "charge", "refund", "dispute", "invoice", "subscription")
OVER = frozenset({WebhookState.PROCESSED, WebhookState.IGNORED, WebhookState.DEAD})

#: Gateways that tell us things, as they are called in words.
SOURCES = {"stripe": "Stripe", "paypal": "PayPal", "yookassa": "YooKassa", "sandbox": "Sandbox"}
#: Values of `Slowness` that are worth asking for.
SLOW = ((1, "10 s to 1 min"), (2, "1 to 10 min"), (3, "10 min to 1 h"), (4, "an hour and more"))

TYPES = """
WITH RECURSIVE found AS (
    (SELECT type FROM billing_webhookevent ORDER BY type LIMIT 1)
    UNION ALL
    SELECT (SELECT e.type FROM billing_webhookevent e WHERE e.type > found.type ORDER BY e.type LIMIT 1)
    FROM found WHERE found.type IS NOT NULL
)
SELECT type FROM found WHERE type IS NOT NULL
"""


ENDPOINTS = """
WITH RECURSIVE found AS (
    (SELECT endpoint FROM billing_webhookevent WHERE endpoint > '' ORDER BY endpoint LIMIT 1)
    UNION ALL
    SELECT (
        SELECT e.endpoint FROM billing_webhookevent e
        WHERE e.endpoint > '' AND e.endpoint > found.endpoint ORDER BY e.endpoint LIMIT 1
    )
    FROM found WHERE found.endpoint IS NOT NULL
)
SELECT endpoint FROM found WHERE endpoint IS NOT NULL
"""


def source_name(source: str) -> str:
    """Stripe · PayPal · YooKassa · Sandbox."""
    return SOURCES.get(source, source.capitalize())


def events_for_list() -> QuerySet[WebhookEvent]:
    """Events with `slow`, one of `SLOW` or 0, and `whose`: the customer's name, reference and locale, as far
    as the desk knows whose the object is. One look-up by a unique key for each row that is shown."""
    told = {"name": "identity__name", "reference": "reference", "locale": "locale"}
    named = Customer.objects.filter(gateway=OuterRef("source"), gateway_id=OuterRef("customer_gateway_id"))
    whose = Case(
        When(
            customer_gateway_id__gt="",
            then=Subquery(named.exclude(gateway_id="").values(told=JSONObject(**told))[:1]),
        ),
        *(When(object_kind=kind, then=_owner(kind, told)) for kind in OWNED),
        default=Value(None),
        output_field=JSONField(),
    )
    return WebhookEvent.objects.annotate(slow=Slowness(F("processed_at") - F("happened_at")), whose=whose)


def _owner(kind: str, told: dict[str, str]) -> Subquery:
    """Whose the row is that the desk keeps of an object of this kind."""
    through = "payment__customer__" if KEPT_AS[kind] is PaymentAttempt else "customer__"
    rows = KEPT_AS[kind]._default_manager.filter(gateway=OuterRef("source"), gateway_id=OuterRef("object_id"))
    path = {name: f"{through}{field}" for name, field in told.items()}
    return Subquery(rows.exclude(gateway_id="").values(told=JSONObject(**path))[:1])


def objects_of(customer: Customer) -> set[str]:
    """The gateway's ids of what a customer has, the newest 1,000 of each kind at most."""
    found: set[str] = set()
    for model in {KEPT_AS[kind] for kind in OWNED}:
        path = "payment__customer" if model is PaymentAttempt else "customer"
        rows = model._default_manager.filter(**{path: customer}).exclude(gateway_id="").order_by("-pk")
        found |= set(rows.values_list("gateway_id", flat=True)[:1_000])
    return found


def endpoints_received() -> list[str]:
    """Every named endpoint that heard something; one step through an index for each."""
    with connection.cursor() as cursor:
        cursor.execute(ENDPOINTS)
        return [name for (name,) in cursor.fetchall()]


def types_received() -> list[str]:
    """Every type that an event has; one step through an index for each."""
    with connection.cursor() as cursor:
        cursor.execute(TYPES)
        return [name for (name,) in cursor.fetchall()]


def event_by_pk(pk: int) -> WebhookEvent | None:
    """An event with its content, and whose it is."""
    return events_for_list().prefetch_related("payloads").filter(pk=pk).first()


def attempts_at(event: WebhookEvent) -> list[WebhookAttempt]:
    """Every try at an event, the latest first."""
    return list(WebhookAttempt.objects.filter(event=event).order_by("-number"))


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


def delay(event: WebhookEvent, now: datetime) -> timedelta:
    """From what happened at the gateway to the desk's being done with it, or until now."""
    end = event.processed_at if event.state in OVER and event.processed_at else now
    return max(timedelta(), end - event.happened_at)


def next_try_at(event: WebhookEvent) -> datetime | None:
    """When one that failed is tried again."""
    if event.state != WebhookState.FAILED or event.processed_at is None:
        return None
    return rules.retry_at(event.attempts, event.processed_at)
