"""PayPal at the door: signed with a certificate of its own, over the raw body and our webhook's id."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from billing.gateways.errors import GatewayError, NotSetUp
from billing.gateways.paypal_objects.reading import at, linked, told_at
from billing.gateways.paypal_objects.subscriptions import payer_of
from billing.gateways.paypal_signature import (
    BadSignature,
    check_by_asking,
    check_with_certificate,
    transmission,
)
from billing.webhooks.allowlist import allowed
from billing.webhooks.allowlist.reading import fact
from billing.webhooks.endpoints import secrets_of
from billing.webhooks.sources.parsing import (
    UNREADABLE,
    Unreadable,
    digest_of,
    headers_kept,
    parse,
    unreadable,
)
from billing.webhooks.sources.protocol import Delivery, Incoming, NotSigned

#: What an event is about, by how its type begins: both of PayPal's interfaces write the same kind of thing.
KINDS = (
    ("PAYMENT.CAPTURE.REFUNDED", "refund"),
    ("PAYMENT.CAPTURE.REVERSED", "refund"),
    ("PAYMENT.SALE.REFUNDED", "refund"),
    ("PAYMENT.SALE.REVERSED", "refund"),
    ("PAYMENT.REFUND.", "refund"),
    ("PAYMENT.CAPTURE.", "capture"),
    ("PAYMENT.SALE.", "sale"),
    ("PAYMENT.AUTHORIZATION.", "authorization"),
    ("CUSTOMER.DISPUTE.", "dispute"),
    ("RISK.DISPUTE.", "dispute"),
    ("BILLING.SUBSCRIPTION.", "subscription"),
    ("BILLING.PLAN.", "plan"),
    ("CATALOG.PRODUCT.", "product"),
    ("PAYMENT.PAYOUTS", "payout"),
    ("INVOICING.INVOICE.", "invoice"),
    ("CHECKOUT.", "order"),
    ("VAULT.", "vaulted"),
)
KEPT_HEADERS = ("paypal-transmission-id", "paypal-transmission-time", "paypal-auth-algo", "paypal-cert-url")
_IDS = ("id", "dispute_id", "payout_item_id", "payout_batch_id")


class PayPal:
    name = "paypal"
    #: A message may cost a call: for a certificate, or for PayPal's opinion.
    asks_gateway = True

    def verify(self, delivery: Delivery, *, now: datetime) -> None:
        ids = secrets_of(self.name, delivery.endpoint)
        tolerance = timedelta(seconds=settings.PAYPAL_TOLERANCE_SECONDS)
        try:
            told = transmission(delivery.headers, tolerance=tolerance, now=now)
            if settings.PAYPAL_VERIFY == "api":
                _require_object(delivery.body)
                check_by_asking(delivery.body, told, ids)
            else:
                check_with_certificate(delivery.body, told, ids, now=now)
        except BadSignature as refusal:
            raise NotSigned(refusal.reason, refusal.sentence) from None
        except NotSetUp:
            raise
        except GatewayError as trouble:
            # Nobody could be asked: as with a missing secret the sender shall come again.
            raise NotSetUp("paypal_unreachable", trouble.message) from trouble

    def read(self, delivery: Delivery, *, now: datetime) -> Incoming:
        try:
            found, trouble = parse(delivery.body)
        except Unreadable as refusal:
            return unreadable(self.name, delivery, str(refusal), now=now)
        event_id, kind = _text(found.get("id")), _text(found.get("event_type"))
        resource = found.get("resource")
        told: Mapping[str, Any] = resource if isinstance(resource, Mapping) else {}
        # The resource's own version; an agreement of the older interface has none, and its event stands in.
        happened_at = told_at(told) or at(found.get("create_time"))
        if not event_id or not kind:
            trouble = trouble or "The message has no id or no type."
        elif happened_at is None:
            trouble = trouble or "The message does not say when it happened."
        elif not told:
            trouble = trouble or "The message is about no object."
        object_kind = kind_of(kind, _text(found.get("resource_type")))
        content, dropped = allowed(self.name, object_kind, told)
        version = _text(found.get("resource_version")) or _text(found.get("event_version"))
        return Incoming(
            source=self.name,
            endpoint=delivery.endpoint,
            event_id=event_id,
            type=kind or UNREADABLE,
            happened_at=happened_at or now,
            digest=digest_of(delivery.body),
            object_kind=object_kind,
            object_id=object_id_of(told),
            customer_gateway_id=payer_of(told),
            api_version=version,
            content={
                "object": content,
                "dropped": dropped,
                "previous": {},
                "headers": headers_kept(delivery, *KEPT_HEADERS),
                "api_version": fact(version)[:40],
            },
            trouble=trouble,
        )


def kind_of(event_type: str, resource_type: str) -> str:
    """What the event is about, in one word; PayPal's own for a type that no line names."""
    known = next((kind for begins, kind in KINDS if event_type.startswith(begins)), "")
    return known or resource_type.lower()[:40]


def object_id_of(resource: Mapping[str, Any]) -> str:
    """A resource's id under the name that its kind has for it; a batch of payouts names its own below."""
    header = resource.get("batch_header")
    for place in (resource, header if isinstance(header, Mapping) else {}):
        for name in _IDS:
            if isinstance(place.get(name), str) and place[name].strip():
                return str(place[name]).strip()
    return linked(resource, "refund", "capture", "sale") if resource else ""


def _require_object(body: bytes) -> None:
    """PayPal is asked with the message inside the question: what is no JSON object has no place there."""
    try:
        parse(body)
        json.loads(body)
    except (Unreadable, ValueError):
        raise NotSigned(
            "malformed", "The message is not JSON, and PayPal cannot be asked about it."
        ) from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
