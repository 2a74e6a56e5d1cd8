"""What was stored before a rule was there is read by it, and written anew by a command."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from billing.models import WebhookEvent, WebhookPayload
from tests import make

pytestmark = pytest.mark.django_db
PAN = "4000002760003184"


def stored(*, error: str = "", **body: Any) -> WebhookEvent:
    event = WebhookEvent.objects.create(
        source="stripe", event_id=f"evt_{make.serial()}", type="charge.failed", object_kind="charge",
        object_id="ch_1", state="dead", happened_at=make.NOW, received_at=make.NOW,
    )  # fmt: skip
    WebhookPayload.objects.create(event=event, received_at=make.NOW, body=body)
    with connection.cursor() as cursor:  # as a release of before the rule wrote it
        cursor.execute("UPDATE billing_webhookevent SET error = %s WHERE id = %s", [error, event.pk])
    return event


def old() -> WebhookEvent:
    return stored(
        object={
            "id": "ch_1",
            "object": "charge",
            "description": f"card {PAN}",
            "receipt_email": "a@b.example",
        },
        previous={"status": f"was {PAN}"},
        headers={"user-agent": f"curl {PAN}"},
        dropped={f"metadata.{PAN}": "not allowed", "client_secret": "secret"},
        error=f"No card {PAN}.",
    )


def on_disk() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT error FROM billing_webhookevent UNION ALL SELECT body::text FROM billing_webhookpayload"
        )
        return json.dumps(cursor.fetchall())


def redacted(**options: Any) -> str:
    said = io.StringIO()
    call_command("redact_webhooks", stdout=said, **options)
    return said.getvalue()


def test_old_rows_are_read_by_the_rules_of_today() -> None:
    event = WebhookEvent.objects.get(pk=old().pk)
    assert PAN in on_disk()
    content = event.content
    assert content and content["object"] == {
        "id": "ch_1",
        "object": "charge",
        "description": "card [card …3184]",
    }
    assert content["dropped"]["receipt_email"] == "personal data"
    assert content["dropped"]["previous.status"] == "not what is expected here"
    assert PAN not in json.dumps(content) + event.error
    assert content["dropped"]["client_secret"] == "secret", "the reasons themselves stay"
    assert PAN not in json.dumps(list(WebhookEvent.objects.values("error")))
    assert PAN not in json.dumps(list(WebhookPayload.objects.values_list("body", flat=True)))


def test_the_command_writes_them_anew_and_a_second_run_finds_nothing() -> None:
    old()
    stored(object={"id": "ch_1", "object": "charge", "amount": 1000}, dropped={})
    assert "1 of 2 events would be redacted" in redacted(dry_run=True)
    assert PAN in on_disk()
    assert "1 of 2 events were redacted" in redacted()
    assert PAN not in on_disk()
    assert "0 of 2 events were redacted" in redacted()


def test_goes_on_in_batches_from_where_it_was() -> None:
    events = [old() for _ in range(5)]
    assert "3 of 3 events were redacted" in redacted(after=events[1].pk, batch=2)
    assert on_disk().count(PAN) == 2 * 5
