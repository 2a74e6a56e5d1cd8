"""Events of the sandbox about a refund that the desk believes to be pending."""

from datetime import timedelta
from typing import Any

from billing.models import Refund, WebhookEvent, WebhookPayload
from tests import make


def pending_refund(**more: Any) -> Refund:
    payment = make.payment(created_at=make.NOW - timedelta(days=1))
    fields = {"state": "pending", "gateway": "sandbox", "gateway_id": f"sbx_re_{make.serial()}",
              "amount_minor": 2500, "gateway_as_of": make.NOW - timedelta(hours=2), **more}  # fmt: skip
    return make.refund(payment, **fields)


def event_of(refund: Refund, *, says: str = "succeeded", **more: Any) -> WebhookEvent:
    """The sandbox's message that a refund is in a state by now."""
    body = {
        "id": refund.gateway_id, "object": "refund", "payment": refund.payment.gateway_id,
        "amount_minor": refund.amount_minor, "currency": refund.currency, "state": says, "reason": "other",
        "reference": refund.reference, "failure_code": "", "message": "",
        "created_at": (make.NOW - timedelta(hours=2)).isoformat(), "as_of": make.NOW.isoformat(),
    }  # fmt: skip
    fields = {
        "source": "sandbox", "event_id": f"sbx_evt_{make.serial()}", "type": "refund.updated",
        "object_kind": "refund", "object_id": refund.gateway_id, "state": "dead", "attempts": 6,
        "happened_at": make.NOW, "received_at": make.NOW, "processed_at": make.NOW + timedelta(hours=9),
        "error": "This event could not be recorded (OperationalError).", **more,
    }  # fmt: skip
    made = WebhookEvent.objects.create(**fields)
    content = {"object": body, "dropped": {}, "previous": {}, "headers": {}, "api_version": ""}
    WebhookPayload.objects.create(event=made, received_at=made.received_at, body=content)
    return made
