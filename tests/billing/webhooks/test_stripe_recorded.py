"""Stripe's own messages of ten years: taken in, done or ignored with a reason, and twice changes nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.checks.run import verify
from billing.models import HistoryEntry, Posting, WebhookEvent
from billing.webhooks.services import drain
from tests import make
from tests.billing.webhooks.desk import SECRETS, deliver, stripe_event

SHARED = Path(__file__).parents[4] / "shared" / "data" / "stripe"
AT = 1_767_225_600

pytestmark = pytest.mark.django_db(transaction=True)

CUSTOMER = "cus_6lsBvm5rJ0zyHc"
PLAN = {
    "id": "gold21323",
    "object": "plan",
    "amount": 2000,
    "created": AT,
    "currency": "usd",
    "interval": "month",
    "interval_count": 1,
    "name": "New plan name",
}
#: Shapes as the versions of 2011 to 2018 wrote them.
OLD: dict[str, dict[str, Any]] = {
    "plan.created": PLAN,
    "customer.subscription.created": {
        "id": "sub_6lsC8pt7IcFpjA",
        "object": "subscription",
        "customer": CUSTOMER,
        "plan": PLAN,
        "quantity": 2,
        "start": AT,
        "status": "active",
        "current_period_start": AT,
        "current_period_end": AT + 2_678_400,
        "cancel_at_period_end": False,
    },
    "charge.succeeded": {
        "id": "ch_16YKQi2eZvKYlo2CrCuzbJQx",
        "object": "charge",
        "amount": 2200,
        "amount_refunded": 0,
        "captured": True,
        "created": AT,
        "currency": "usd",
        "customer": CUSTOMER,
        "paid": True,
        "status": "paid",
        "card": {"id": "card_6lsC", "object": "card", "brand": "Visa", "last4": "4242"},
        "refunds": [],
    },
    "charge.refunded": {
        "id": "ch_16YKQi2eZvKYlo2CrCuzbJQy",
        "object": "charge",
        "amount": 2200,
        "amount_refunded": 2200,
        "captured": True,
        "created": AT,
        "currency": "usd",
        "customer": CUSTOMER,
        "paid": True,
        "refunded": True,
        "status": "succeeded",
        "refunds": {
            "data": [
                {
                    "id": "re_16YKQi2e",
                    "object": "refund",
                    "amount": 2200,
                    "charge": "ch_16YKQi2eZvKYlo2CrCuzbJQy",
                    "created": AT,
                    "currency": "usd",
                    "reason": None,
                }
            ]
        },
    },
    "customer.source.created": {
        "id": "card_16YKQh2e",
        "object": "card",
        "brand": "Visa",
        "customer": CUSTOMER,
        "exp_month": 6,
        "exp_year": 2021,
        "last4": "4242",
        "name": "Jude Okafor",
    },
    "transfer.paid": {
        "id": "tr_16Y9BK2eZvKYlo2CR0ySu1BA",
        "object": "transfer",
        "amount": 100,
        "created": AT,
        "currency": "usd",
        "date": AT + 86_400,
        "status": "paid",
        "type": "bank_account",
    },
    "checkout.session.completed": {
        "id": "cs_test_OAgNmy75Td25OeREvKUs8XZ7SjMPO9qAplqHO1sBaEjOg9fYbaeMh2nA",
        "object": "checkout.session",
        "amount_total": 2200,
        "currency": "usd",
        "customer": CUSTOMER,
        "mode": None,
        "payment_intent": None,
        "payment_status": "paid",
    },
}


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = SECRETS
    settings.STRIPE_API_KEY = ""


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def books() -> tuple[Any, ...]:
    return (
        list(Posting.objects.order_by("pk").values_list("cause", flat=True)),
        HistoryEntry.objects.exclude(subject_kind="webhookevent").count(),
        list(WebhookEvent.objects.order_by("pk").values_list("event_id", "state", "error")),
    )


def assert_books_hold() -> None:
    broken = [(result.says, result.offenders) for result in verify() if not result.holds]
    assert broken == []


def send_all(events: list[dict[str, Any]], desk: Client) -> None:
    for event in events:
        assert deliver(event).status_code == 200, event["type"]
    drain()
    for row in WebhookEvent.objects.all():
        assert row.state in ("processed", "ignored", "failed"), row.type
        assert row.state == "processed" or row.error, row.type
        # Without a key nothing can be asked: such an event says so, and waits for it.
        assert row.state != "failed" or "STRIPE_API_KEY" in row.error, (row.type, row.error)
        assert row.state != "failed" or row.due_at is not None, row.type
    before = books()
    for event in events:
        assert deliver(event).status_code == 200
    drain()
    assert books() == before
    assert_books_hold()
    for row in WebhookEvent.objects.all():
        page = desk.get(reverse("webhooks:show", args=[row.pk]))
        assert page.status_code == 200, row.type


@pytest.mark.parametrize("event_type", OLD)
def test_an_old_shape_is_done_without_asking_anybody(event_type: str) -> None:
    assert deliver(stripe_event(event_type, OLD[event_type], at=AT)).status_code == 200
    drain()
    row = WebhookEvent.objects.get()
    assert (row.state, row.error) == ("processed", "")
    assert_books_hold()


def recorded() -> Iterator[dict[str, Any]]:
    """Every recorded message, under an id of its own where several have the same."""
    for number, path in enumerate(sorted((SHARED / "events").glob("*.json"))):
        event = json.loads(path.read_text())
        yield event | {"id": f"{event['id']}_{number}"}


def test_every_recorded_message(desk: Client) -> None:
    events = list(recorded())
    if not events:
        pytest.skip("the recorded messages are not here")
    send_all(events, desk)
    assert WebhookEvent.objects.count() == len(events)


#: Types by the kind of object that they are about, for one sample of each.
TYPES = {
    "charge": "charge.captured charge.expired charge.failed charge.pending charge.refunded charge.succeeded",
    "checkout.session": "checkout.session.completed checkout.session.expired "
    "checkout.session.async_payment_succeeded checkout.session.async_payment_failed",
    "coupon": "coupon.created",
    "credit_note": "credit_note.created credit_note.voided",
    "customer": "customer.created customer.updated",
    "deleted_customer": "customer.deleted",
    "discount": "customer.discount.created",
    "dispute": "charge.dispute.created charge.dispute.funds_withdrawn charge.dispute.closed",
    "card": "customer.source.created customer.source.updated customer.source.deleted",
    "bank_account": "customer.source.created",
    "source": "source.chargeable customer.source.updated",
    "invoice": "invoice.created invoice.paid invoice.voided invoice.upcoming invoice.deleted",
    "invoice_payment": "invoice_payment.paid",
    "invoiceitem": "invoiceitem.created",
    "payment_intent": "payment_intent.created payment_intent.succeeded payment_intent.payment_failed",
    "payment_method": "payment_method.attached payment_method.detached payment_method.automatically_updated",
    "payout": "payout.created payout.paid payout.failed payout.reconciliation_completed",
    "plan": "plan.created plan.updated plan.deleted",
    "price": "price.created price.deleted",
    "product": "product.created product.updated product.deleted",
    "radar.early_fraud_warning": "radar.early_fraud_warning.created radar.early_fraud_warning.updated",
    "refund": "refund.created refund.updated refund.failed charge.refund.updated",
    "review": "review.opened review.closed",
    "setup_intent": "setup_intent.succeeded",
    "subscription": "customer.subscription.created customer.subscription.updated "
    "customer.subscription.trial_will_end customer.subscription.deleted",
    "subscription_schedule": "subscription_schedule.created",
    "tax_id": "customer.tax_id.created",
    "topup": "topup.succeeded",
    "transfer": "transfer.created transfer.paid",
    "account": "account.updated",
}


def test_every_sample_under_every_type_of_its_kind(desk: Client) -> None:
    path = SHARED / "fixtures3.json"
    if not path.exists():
        pytest.skip("the samples are not here")
    samples = json.loads(path.read_text())["resources"]
    events = []
    for kind, types in TYPES.items():
        events += [
            stripe_event(each, samples[kind], at=AT + 60 * number, event_id=f"evt_{kind}_{number}")
            for number, each in enumerate(types.split())
        ]
    assert len(events) >= 70
    send_all(events, desk)
