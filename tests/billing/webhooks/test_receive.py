"""Taking a message in: signed or refused, stored once, answered so that the gateway does the right thing."""

from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.models import WebhookEvent, WebhookPayload
from billing.webhooks import refusing
from tests.billing.webhooks.desk import SECRETS, deliver, stripe_event

pytestmark = pytest.mark.django_db(transaction=True)

REFUND = {
    "id": "re_1",
    "object": "refund",
    "amount": 100,
    "currency": "eur",
    "status": "succeeded",
    "created": 1,
}
EVENT = stripe_event("refund.created", REFUND, at=1_790_000_000, event_id="evt_1")


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = SECRETS


@pytest.fixture(autouse=True)
def _unknown_senders() -> None:
    refusing.forget()


@pytest.mark.parametrize("path", ["/webhooks/stripe/", "/webhooks/stripe"])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_signed_message_is_stored_and_due_at_once(path: str, secret: str) -> None:
    assert deliver(EVENT, secret=secret, path=path).status_code == 200
    event = WebhookEvent.objects.get()
    assert (event.source, event.event_id, event.type) == ("stripe", "evt_1", "refund.created")
    assert (event.object_kind, event.object_id, event.state) == ("refund", "re_1", "received")
    assert event.content["object"]["amount"] == 100
    assert event.due_at == event.received_at
    assert not ProcrastinateJob.objects.filter(task_name__startswith="webhooks.").exists()


def test_a_message_that_comes_again_is_counted_and_thanked_for() -> None:
    for _ in range(3):
        assert deliver(EVENT).status_code == 200
    assert WebhookEvent.objects.get().duplicates == 2
    assert WebhookPayload.objects.count() == 1


def test_twenty_at_the_same_moment_are_one() -> None:
    def once() -> None:
        assert deliver(EVENT).status_code == 200
        connection.close()

    threads = [Thread(target=once) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert WebhookEvent.objects.get().duplicates == 19


def test_it_is_stored_in_one_statement() -> None:
    with CaptureQueriesContext(connection) as said:
        deliver(EVENT)
    assert len([q for q in said if "billing_webhook" in q["sql"]]) == 1


@pytest.mark.parametrize(
    ("secret", "at"),
    [("whsec_somebody_elses", None), (SECRETS[0], 1_700_000_000), (SECRETS[0], 4_000_000_000)],
)
def test_what_is_not_signed_by_us_now_is_refused_and_not_stored(secret: str, at: int | None) -> None:
    answer = deliver(EVENT, secret=secret, at=at)
    assert answer.status_code == 400
    assert "whsec" not in answer.content.decode()
    assert WebhookEvent.objects.count() == 0


def test_one_that_is_too_large_is_refused(settings: Any) -> None:
    assert deliver(b'"' + b"x" * settings.WEBHOOK_LARGEST_BYTES + b'"').status_code == 413


def test_without_a_secret_nothing_is_believed(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert deliver(EVENT).status_code == 503
    assert WebhookEvent.objects.count() == 0
