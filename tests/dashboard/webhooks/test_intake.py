"""The door ahead of Django: the same answers, each message stored once, a database that comes and goes."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from threading import Barrier, Thread
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from django.utils import timezone

from billing.models import WebhookEvent, WebhookPayload, WebhookRefusal
from billing.webhooks import keeping, refusing
from billing.webhooks.intake import prepare
from billing.webhooks.lines import Lines
from billing.webhooks.sources.protocol import Delivery
from billing.webhooks.storing import STORE, arguments
from dashboard.database import as_owner
from tests.billing.webhooks.desk import SECRETS, deliver, signature, stripe_event
from tests.dashboard.webhooks.door import knock

pytestmark = pytest.mark.django_db(transaction=True)
REFUND = {"id": "re_1", "object": "refund", "amount": 100, "currency": "eur"}


def event(number: int = 1) -> dict[str, Any]:
    return stripe_event("refund.created", REFUND, at=1_790_000_000, event_id=f"evt_{number}")


def signed(told: dict[str, Any]) -> Delivery:
    body = json.dumps(told).encode()
    return Delivery(body=body, headers={"stripe-signature": signature(body, SECRETS[1])})


@pytest.fixture(autouse=True)
def _desk(settings: Any) -> Iterator[None]:
    settings.STRIPE_WEBHOOK_SECRETS = SECRETS
    settings.WEBHOOK_ENDPOINTS = {"stripe": {"test": ["whsec_of_the_test_account"]}}
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    settings.WEBHOOK_REFUSALS_ALLOWED = 5
    refusing.forget()
    keeping.LINES.close()
    yield
    keeping.LINES.close()


@pytest.mark.parametrize("path", ["/webhooks/stripe/", "/webhooks/stripe"])
def test_a_signed_message_is_stored_and_again_is_counted(path: str) -> None:
    assert knock(event(), path=path)[:2] == (200, {"received": True, "duplicate": False})
    assert knock(event(), path=path)[:2] == (200, {"received": True, "duplicate": True})
    stored = WebhookEvent.objects.get()
    assert (stored.duplicates, stored.state, stored.due_at) == (1, "received", stored.received_at)
    assert stored.content["object"]["amount"] == 100


def test_the_door_and_django_store_the_same() -> None:
    knock(event(1))
    deliver({**event(1), "id": "evt_2"})
    one, other = WebhookEvent.objects.order_by("event_id")
    facts = ("source", "type", "object_kind", "object_id", "state", "happened_at", "api_version", "endpoint")
    assert [getattr(one, name) for name in facts] == [getattr(other, name) for name in facts]
    assert one.content["object"] == other.content["object"]
    assert one.content["dropped"] == other.content["dropped"]


def test_other_addresses_and_methods_are_djangos() -> None:
    for path, method in (
        ("/webhooks/", "POST"),
        ("/webhooks/12/", "POST"),
        ("/webhooks/acme/", "POST"),
        ("/webhooks/stripe/", "GET"),
        ("/webhooks/stripe/a/b/", "POST"),
    ):
        assert knock(event(), path=path, REQUEST_METHOD=method)[0] == 418
    assert WebhookEvent.objects.count() == 0


def test_each_endpoint_has_its_own_secrets() -> None:
    assert knock(event(), path="/webhooks/stripe/test/", secret="whsec_of_the_test_account")[0] == 200
    assert WebhookEvent.objects.get().endpoint == "test"
    assert knock(event(2), path="/webhooks/stripe/test")[0] == 400
    assert knock(event(3), secret="whsec_of_the_test_account")[0] == 400
    assert knock(event(4), path="/webhooks/stripe/live/")[0] == 404
    assert WebhookEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("meta", "status", "reason"),
    [
        ({"CONTENT_TYPE": "text/plain"}, 415, "content_type"),
        ({"CONTENT_TYPE": None}, 415, "content_type"),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, 415, "content_type"),
        ({"CONTENT_LENGTH": str(20 * 1024 * 1024)}, 413, "too_large"),
        ({"CONTENT_LENGTH": "9" * 400}, 413, "too_large"),
        ({"CONTENT_LENGTH": "-1"}, 400, "malformed_length"),
        ({"CONTENT_LENGTH": "12"}, 400, "mismatch"),
        ({"HTTP_STRIPE_SIGNATURE": None}, 400, "missing"),
        ({"HTTP_STRIPE_SIGNATURE": "t=1"}, 400, "malformed"),
        ({"HTTP_STRIPE_SIGNATURE": "t=1790000000,v1=\u00e9"}, 400, "malformed"),
        ({"HTTP_STRIPE_SIGNATURE": f"t=1,v1={'0' * 64}"}, 400, "too_old"),
        ({"HTTP_STRIPE_SIGNATURE": f"t=99999999999,v1={'0' * 64}"}, 400, "too_new"),
        ({"HTTP_STRIPE_SIGNATURE": f"t=1,t=2,v1={'0' * 64}"}, 400, "malformed"),
        ({"HTTP_STRIPE_SIGNATURE": "t=1," * 10_000}, 400, "malformed"),
    ],
)
def test_what_is_refused_leaves_a_count_and_no_event(meta: dict[str, Any], status: int, reason: str) -> None:
    assert knock(event(), **meta)[0] == status
    assert WebhookEvent.objects.count() == 0
    refusal = WebhookRefusal.objects.get()
    assert (refusal.source, refusal.reason, refusal.address, refusal.times) == (
        "stripe",
        reason,
        "203.0.113.9",
        1,
    )


def test_a_body_without_a_length_is_read_to_the_limit(settings: Any) -> None:
    assert knock(event(), CONTENT_LENGTH=None)[0] == 200
    settings.WEBHOOK_LARGEST_BYTES = 100
    assert knock(event(2), CONTENT_LENGTH=None)[0] == 413


def test_an_altered_body_and_two_signatures() -> None:
    body = json.dumps(event()).encode()
    good = signature(body, SECRETS[0])
    both = f"{good},v1={'0' * 64}"
    assert knock(body.replace(b"100", b"900"), HTTP_STRIPE_SIGNATURE=good)[0] == 400
    assert knock(body, HTTP_STRIPE_SIGNATURE=both)[0] == 200


def test_too_many_refusals_are_told_to_wait_and_a_signed_one_passes_all_the_same() -> None:
    answers = [knock(event(), secret="whsec_guessed") for _ in range(9)]
    assert [status for status, _, _ in answers] == [400] * 5 + [429] * 4
    assert 0 < int(answers[-1][2]["Retry-After"]) <= 600
    assert WebhookRefusal.objects.get().times == 6  # the first one above the limit; the rest waits in memory
    assert knock(event())[0] == 200
    assert knock(event(), secret="whsec_guessed", REMOTE_ADDR="203.0.113.10")[0] == 400


def test_processes_count_together() -> None:
    for _ in range(6):
        refusing.forget()  # as if each came to another process
        status = knock(event(), secret="whsec_guessed")[0]
    assert status == 429


def test_held_off_messages_cost_no_statement() -> None:
    for _ in range(6):
        knock(event(), secret="whsec_guessed")
    with patch.object(keeping.LINES, "rows", side_effect=AssertionError("asked the database")):
        assert knock(event(), secret="whsec_guessed")[0] == 429


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "8.8.8.8, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("2001:db8::7", "", "2001:db8::/64"),
        ("", "198.51.100.1", "unknown"),
    ],
)
def test_only_our_proxies_say_who_sent_it(peer: str, forwarded: str, counted: str) -> None:
    knock(event(), secret="whsec_guessed", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert WebhookRefusal.objects.get().address == counted


def test_without_a_secret_nothing_is_believed(settings: Any, caplog: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    for _ in range(9):
        assert knock(event())[0] == 503
    assert WebhookEvent.objects.count() == 0
    assert "webhooks.secret_missing" in caplog.text
    settings.STRIPE_WEBHOOK_SECRETS = SECRETS
    assert knock(event())[0] == 200


def at_once(calls: int, one: Any) -> list[Any]:
    found: list[Any] = []
    threads = [Thread(target=lambda n=n: found.append(one(n))) for n in range(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_hundred_of_one_at_the_same_moment_are_one() -> None:
    found = at_once(100, lambda _: knock(event()))
    assert [status for status, _, _ in found] == [200] * 100
    assert sum(not said["duplicate"] for _, said, _ in found) == 1
    assert WebhookEvent.objects.get().duplicates == 99
    assert WebhookPayload.objects.count() == 1


def test_several_processes_store_one_event_once() -> None:
    """Each on a connection of its own, as processes have: the unique key decides, whoever comes first."""
    row = prepare(source="stripe", delivery=signed(event()), now=timezone.now())
    found = at_once(8, lambda _: keeping.keep(row))
    assert sorted(each.is_new for each in found) == [False] * 7 + [True]
    assert WebhookEvent.objects.get().duplicates == 7


def test_looking_first_and_storing_then_fails_the_others() -> None:
    """The naive twin: all have looked before any has stored, and the gateway would hear errors."""
    row = prepare(source="stripe", delivery=signed(event()), now=timezone.now())
    plain = Lines(prepared={"store": re.sub(r"ON CONFLICT.*?duplicates \+ 1", "", STORE)})
    looked = Barrier(8)

    def naive(_: int) -> Any:
        asked = "SELECT 1 FROM billing_webhookevent WHERE event_id = %s"
        known = keeping.LINES.rows(asked, [row.told.event_id])
        looked.wait(10)
        try:
            return None if known else plain.row("store", arguments(row))
        except psycopg.IntegrityError as error:
            return error

    found = at_once(8, naive)
    plain.close()
    assert sum(isinstance(each, psycopg.IntegrityError) for each in found) == 7


def test_a_connection_that_broke_is_replaced_unnoticed() -> None:
    assert knock(event(1))[0] == 200
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query LIKE '%WITH stored AS%' "
            "AND pid <> pg_backend_pid()"
        )
        assert cursor.rowcount >= 1
    assert knock(event(2))[0] == 200
    assert WebhookEvent.objects.count() == 2


def test_a_connection_that_could_not_prepare_is_not_kept() -> None:
    lines = Lines(prepared={"store": "SELECT no_such_column FROM billing_webhookevent"})
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedColumn):
            lines.row("store", [])
    assert lines._idle == []


def test_without_a_database_the_sender_is_told_to_come_again_and_then_taken() -> None:
    with patch.object(keeping.LINES, "_open", side_effect=psycopg.OperationalError("refused")):
        status, said, headers = knock(event())
        assert (status, headers["Retry-After"]) == (503, "5")
        assert "refused" not in json.dumps(said)
        assert knock(event(), secret="whsec_guessed")[0] == 503
    assert WebhookEvent.objects.count() == 0
    assert knock(event())[:2] == (200, {"received": True, "duplicate": False})


def test_one_that_the_database_cannot_take_is_kept_by_its_digest() -> None:
    """What nobody thought of: the fact that it came is kept, and the next one comes in as ever."""
    row = prepare(source="stripe", delivery=signed(event(1)), now=timezone.now())
    assert keeping.keep(replace(row, body='{"object": "\\u0000"}')).is_new
    assert knock(event(2))[0] == 200
    assert set(WebhookEvent.objects.values_list("event_id", "state")) == {
        (row.told.digest, "failed"),
        ("evt_2", "received"),
    }
