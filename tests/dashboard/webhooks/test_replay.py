"""Doing an event again: first on trial, then for real, by those who may; and leaving one undone."""

import re
from typing import Any

import pytest
from django.test import Client

from billing.models import HistoryEntry, Posting, Refund, Run, WebhookAttempt, WebhookEvent
from billing.webhooks.services import drain
from tests import make
from tests.dashboard.webhooks.told import event_of, pending_refund

pytestmark = pytest.mark.django_db
REASON = "The database was down; it is up again."


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def key_in(told: str) -> str:
    found = re.search(r'name="form_key" value="([^"]+)"', told)
    assert found
    return found[1]


def test_the_dialog_shows_what_would_change_and_changes_nothing(desk: Client) -> None:
    refund = pending_refund()
    event = event_of(refund)
    told = words(desk.get(f"/webhooks/{event.pk}/replay/"))
    for word in (
        "1 row would change",
        "Pending at gateway",
        "Succeeded",
        "Refunds in transit",
        "25.00",
        "Nothing has happened yet",
        "OperationalError",
        f"/refunds/{refund.reference}/",
    ):
        assert word in told, word
    assert Refund.objects.get(pk=refund.pk).state == "pending"
    assert WebhookEvent.objects.get(pk=event.pk).state == "dead"
    assert not Posting.objects.exists() and not HistoryEntry.objects.exists()


def test_what_is_in_the_books_already_is_said_to_change_nothing(desk: Client) -> None:
    event = event_of(pending_refund(), says="pending")
    assert "Nothing would change: it is already in the books" in words(
        desk.get(f"/webhooks/{event.pk}/replay/")
    )


def test_one_that_would_fail_again_says_why(desk: Client) -> None:
    event = event_of(pending_refund())
    payload = event.payloads.get()
    payload.body["object"].pop("currency")
    event.payloads.update(body=payload.body)
    assert "It would fail again, and change nothing" in words(desk.get(f"/webhooks/{event.pk}/replay/"))


def test_one_of_no_use_would_be_put_aside(desk: Client) -> None:
    event = event_of(pending_refund(), type="account.updated")
    assert "It would be put aside" in words(desk.get(f"/webhooks/{event.pk}/replay/"))


def test_it_is_replayed_once_with_a_reason_and_tells_the_whole_story(desk: Client) -> None:
    refund = pending_refund()
    event = event_of(refund)
    WebhookAttempt.objects.create(
        event=event, number=6, kind="retry", state="dead", error=event.error,
        started_at=make.NOW, ended_at=make.NOW,
    )  # fmt: skip
    address = f"/webhooks/{event.pk}/replay/"
    data = {"form_key": key_in(words(desk.get(address))), "reason": REASON}
    for _ in range(2):
        answer = desk.post(address, data, follow=True)
    assert "It is being done again" in words(answer)
    assert drain(now=make.NOW) == 0  # Its lease began now, which is later.
    assert drain() == 1
    event.refresh_from_db()
    assert (event.state, event.attempts) == ("processed", 7)
    assert event.tries.get(number=7).reason == REASON
    assert Refund.objects.get(pk=refund.pk).state == "succeeded"
    told = words(desk.get(f"/webhooks/{event.pk}/"))
    for word in (
        "Attempt 7, a replay, did it",
        "Attempt 6 failed for good",
        "Jude Okafor",
        REASON,
        "Pending at gateway",
        "Succeeded",
        "In the ledger",
        "Gateway clearing",
        f"/refunds/{refund.reference}/",
    ):
        assert word in told, word
    # The attempt speaks for the one who asked: the request is not told a second time.
    assert "To be done again" not in told


def test_one_whose_handler_raises_fails_on_trial_and_for_real_and_changes_nothing(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in a handler: the page says so, the replay is told with its reason, and a mended one succeeds."""
    refund = pending_refund()
    event = event_of(refund)
    address = f"/webhooks/{event.pk}/replay/"

    def broken(**_: Any) -> None:
        Refund.objects.filter(pk=refund.pk).update(gateway_message="half done")
        raise ZeroDivisionError("card 4000002760003184")

    with monkeypatch.context() as patched:
        patched.setattr("billing.webhooks.telling.sandbox.record_gateway_refund", broken)
        told = words(desk.get(address))
        assert "It would fail again, and change nothing" in told
        assert "ZeroDivisionError" in told and "4000002760003184" not in told
        desk.post(address, {"form_key": key_in(told), "reason": REASON})
        assert drain() == 1
    event.refresh_from_db()
    last = event.tries.get(number=7)
    assert (last.kind, last.reason, last.state) == ("replay", REASON, event.state)
    assert event.state == "dead" and event.due_at is None
    refund.refresh_from_db()
    assert (refund.state, refund.gateway_message) == ("pending", "")
    page = words(desk.get(f"/webhooks/{event.pk}/"))
    assert REASON in page and "ZeroDivisionError" in page and "4000002760003184" not in page
    desk.post(address, {"form_key": key_in(words(desk.get(address))), "reason": "The handler is mended."})
    drain()
    event.refresh_from_db()
    refund.refresh_from_db()
    assert (event.state, refund.state, event.attempts) == ("processed", "succeeded", 8)


def test_a_replay_that_still_waits_says_who_asked(desk: Client) -> None:
    event = event_of(pending_refund())
    address = f"/webhooks/{event.pk}/replay/"
    desk.post(address, {"form_key": key_in(words(desk.get(address))), "reason": REASON})
    told = words(desk.get(f"/webhooks/{event.pk}/"))
    assert "To be done again" in told and REASON in told and 'hx-trigger="every 2s"' in told
    assert "It waits for the worker or is being done already" in words(desk.get(address))


def test_without_a_reason_it_comes_back_as_it_was(desk: Client) -> None:
    event = event_of(pending_refund())
    address = f"/webhooks/{event.pk}/replay/"
    answer = desk.post(address, {"form_key": key_in(words(desk.get(address))), "reason": "  "})
    assert answer.status_code == 422 and "Reason: say why" in words(answer)
    assert WebhookEvent.objects.get(pk=event.pk).state == "dead"


@pytest.mark.parametrize("state", ["received", "processing"])
def test_what_is_under_way_is_not_replayed_whatever_the_page_showed(desk: Client, state: str) -> None:
    event = event_of(pending_refund(), state=state, due_at=make.NOW)
    address = f"/webhooks/{event.pk}/replay/"
    answer = desk.post(address, {"form_key": key_in(words(desk.get(address))), "reason": REASON})
    assert answer.status_code == 422
    assert WebhookEvent.objects.get(pk=event.pk).state == state


@pytest.mark.parametrize("role", ["support", "auditor"])
@pytest.mark.parametrize("verb", ["replay", "ignore"])
def test_who_may_not_sees_it_disabled_and_is_refused(client: Client, role: str, verb: str) -> None:
    client.force_login(make.member(role))
    event = event_of(pending_refund())
    assert "Finance and Admin may" in words(client.get(f"/webhooks/{event.pk}/"))
    for answer in (client.get(f"/webhooks/{event.pk}/{verb}/"), client.post(f"/webhooks/{event.pk}/{verb}/")):
        assert answer.status_code == 403
    assert WebhookEvent.objects.get(pk=event.pk).state == "dead"


def test_one_is_ignored_with_a_reason(desk: Client) -> None:
    event = event_of(pending_refund())
    address = f"/webhooks/{event.pk}/ignore/"
    desk.post(address, {"form_key": key_in(words(desk.get(address))), "reason": "Put right by hand."})
    event.refresh_from_db()
    assert event.state == "ignored"
    told = words(desk.get(f"/webhooks/{event.pk}/"))
    assert "Put right by hand." in told and "It is ignored already." in told


def test_a_processed_one_cannot_be_ignored(desk: Client) -> None:
    event = event_of(pending_refund(), state="processed", error="")
    address = f"/webhooks/{event.pk}/ignore/"
    answer = desk.post(address, {"form_key": key_in(words(desk.get(address))), "reason": "x"})
    assert answer.status_code == 422
    assert WebhookEvent.objects.get(pk=event.pk).state == "processed"


@pytest.mark.parametrize(("verb", "ends_in"), [("replay", "processing"), ("ignore", "ignored")])
def test_many_are_done_as_a_run_with_a_result_for_each(desk: Client, verb: str, ends_in: str) -> None:
    from django.utils import timezone

    from billing.jobs.services import do_run

    events = [event_of(pending_refund()) for _ in range(3)]
    address = f"/lists/webhooks/bulk/{verb}/?all=1&match=view%3Dall%26trouble%3Ddead"
    found = desk.get(address)
    assert found.status_code == 200, address
    told = words(found)
    assert "3 events are" in told
    data = {"form_key": key_in(told), "reason": REASON, "shown_count": "3"}
    # One of them moves on before its turn.
    desk.post(address, data)
    run = Run.objects.get()
    WebhookEvent.objects.filter(pk=events[0].pk).update(state="processing")
    done = do_run(run_id=run.pk, clock=timezone.now)
    assert (done.done, done.failed) == (3, 1)
    assert {each.state for each in WebhookEvent.objects.filter(pk__in=[e.pk for e in events[1:]])} == {
        ends_in
    }
    assert run.rows.get(subject_id=events[0].pk).ok is False
