"""Contents go by the month, and the key holds for good."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from billing.models import WebhookEvent, WebhookPayload, WebhookRefusal
from billing.webhooks.retention import following, keep_contents, months
from dashboard.database import as_owner
from tests.billing.webhooks.desk import SECRETS, deliver, stripe_event

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=400)
REFUND = {"id": "re_1", "object": "refund", "amount": 100, "currency": "eur"}
EVENT = stripe_event("refund.created", REFUND, at=1_790_000_000, event_id="evt_old")


@pytest.fixture(autouse=True)
def _desk(settings: Any) -> Any:
    settings.STRIPE_WEBHOOK_SECRETS = SECRETS
    settings.WEBHOOK_CONTENT_DAYS = 90
    before = months()
    yield
    with as_owner() as owner, owner.cursor() as cursor:
        for month in set(months()) - set(before):
            cursor.execute(f"DROP TABLE billing_webhookpayload_{month:%Y_%m}")


def came_at(at: datetime) -> WebhookEvent:
    """The event as if it had come then, and been done with."""
    deliver(EVENT)
    event = WebhookEvent.objects.get(event_id="evt_old")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE billing_webhookpayload SET received_at = %s", [at])
    WebhookEvent.objects.filter(pk=event.pk).update(received_at=at, due_at=None)
    return event


def test_a_month_whose_time_is_over_is_dropped_whole_and_its_event_stays_a_duplicate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT billing_add_webhook_month(%s)", [OLD.date()])
    event = came_at(OLD)
    assert OLD.date().replace(day=1) in months()
    assert WebhookPayload.objects.count() == 1
    assert keep_contents(now=NOW).dropped == 1
    assert OLD.date().replace(day=1) not in months()
    assert WebhookPayload.objects.count() == 0
    event.refresh_from_db()
    assert event.content is None
    assert deliver(EVENT).json() == {"received": True, "duplicate": True}
    assert WebhookEvent.objects.get().duplicates == 1
    assert WebhookPayload.objects.count() == 0


def test_what_lies_in_no_month_is_deleted_when_its_time_is_over() -> None:
    came_at(OLD)
    assert keep_contents(now=NOW).deleted == 1
    assert WebhookPayload.objects.count() == 0


def test_what_is_younger_stays() -> None:
    came_at(NOW - timedelta(days=80))
    kept = keep_contents(now=NOW)
    assert (kept.deleted, kept.dropped) == (0, 0)
    assert WebhookPayload.objects.count() == 1


def test_the_months_to_come_are_made_ahead_and_once() -> None:
    later = NOW + timedelta(days=70)
    assert keep_contents(now=later).made >= 1
    wanted = later.date().replace(day=1)
    for _ in range(4):
        assert wanted in months()
        wanted = following(wanted)
    assert keep_contents(now=later).made == 0


def test_a_month_that_is_not_over_cannot_be_dropped() -> None:
    with connection.cursor() as cursor, pytest.raises(Exception, match="is not over"):
        cursor.execute("SELECT billing_drop_webhook_month(%s)", [NOW.date()])


def test_counts_of_refusals_go_too() -> None:
    for at in (OLD, NOW):
        WebhookRefusal.objects.create(
            source="stripe", address="203.0.113.9", reason="mismatch", window_at=at, last_at=at, times=1
        )
    assert keep_contents(now=NOW).refusals == 1
    assert WebhookRefusal.objects.count() == 1
