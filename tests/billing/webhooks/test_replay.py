"""Doing an event again: on trial with nothing left behind, for good once per form, or never again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.errors import Conflict, InvalidInput
from billing.history.actors import person
from billing.jobs.services import RowAsked, do_run, start_run
from billing.models import HistoryEntry, Payment, Posting, PostingLine, Refund, WebhookAttempt, WebhookEvent
from billing.webhooks.changes import with_rows
from billing.webhooks.queries import changes_of
from billing.webhooks.services import (
    IGNORE_MANY,
    REPLAY_MANY,
    drain,
    dry_run,
    ignore,
    replay,
    try_now,
)
from tests.billing.imports.stripe_account import START, Account
from tests.billing.webhooks.storm import RECEIVED, Tale, put
from tests.gateways.server import Answer

pytestmark = pytest.mark.django_db(transaction=True)

JUDE = person(7, "Jude Okafor")
WHY = "The payment was missing at Stripe until this morning."
DAY = 86_400


@pytest.fixture
def account(settings: Any) -> Any:
    account = Account().whole(3)
    with account.serving(settings):
        yield account


def received(kind: str, body: dict[str, Any], at: int = START + 10 * DAY) -> WebhookEvent:
    number = WebhookEvent.objects.count()
    put(
        [Tale("account.updated", at, {"id": "acct_1", "object": "account"})] * number + [Tale(kind, at, body)]
    )
    return WebhookEvent.objects.latest("pk")


def counts() -> dict[str, int]:
    """How many rows every table of the books has; the events' own apart."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE tablename ~ '^(billing|procrastinate)_' "
            "AND tablename !~ '^billing_webhookpayload_'"
        )
        names = [name for (name,) in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {name}")
            found[name] = cursor.fetchone()[0]
    return found


def test_a_trial_says_what_it_would_change_and_changes_nothing(account: Account) -> None:
    event = received("refund.created", account.objects["refunds"]["re_0001"])
    before = counts()
    found = dry_run(event=event, actor=JUDE, now=RECEIVED)
    assert counts() == before
    assert (found.state, found.sentence, found.is_empty) == ("processed", "", False)
    told = {(each.entry.subject_kind, each.entry.kind) for each in found.changes}
    assert {("payment", "created"), ("refund", "state"), ("customer", "created")} <= told
    assert {each.posting.fact for each in found.lines} >= {"payment.succeeded", "refund.succeeded"}
    assert all(each.about is not None for each in found.changes)
    event.refresh_from_db()
    assert (event.state, event.attempts, WebhookAttempt.objects.count()) == ("received", 0, 0)

    drain()
    really = [(e.subject_kind, e.kind, e.to_state) for e in changes_of(event)]
    assert really == [(c.entry.subject_kind, c.entry.kind, c.entry.to_state) for c in found.changes]
    assert PostingLine.objects.count() == len(found.lines)


def test_a_trial_of_what_is_known_changes_nothing_and_of_a_change_shows_before_and_after(
    account: Account,
) -> None:
    body = account.objects["subscriptions"]["sub_0001"]
    received("customer.subscription.created", body)
    drain()
    event = received("customer.subscription.updated", {**body, "status": "past_due"}, START + 11 * DAY)
    found = dry_run(event=event, actor=JUDE, now=RECEIVED)
    [change] = [each for each in found.changes if each.entry.subject_kind == "subscription"]
    assert [(f.name, f.before, f.after) for f in change.fields if f.name == "state"] == [
        ("state", "active", "past_due")
    ]
    assert change.about.state == "past_due"
    assert not change.is_new
    drain()
    assert dry_run(event=event, actor=JUDE, now=RECEIVED).state == "processed"
    [kept] = [each for each in with_rows(changes_of(event)) if each.entry.subject_kind == "subscription"]
    assert kept.fields == change.fields


def test_a_trial_that_would_fail_says_why(account: Account) -> None:
    account.refuse["customers"] = Answer(500, b'{"error": {"message": "broken", "type": "api_error"}}')
    event = received("customer.updated", account.objects["customers"]["cus_0001"])
    found = dry_run(event=event, actor=JUDE, now=RECEIVED)
    assert (found.state, found.is_empty) == ("failed", True)
    assert "nobody knows" in found.sentence


def test_a_dead_event_is_replayed_once_per_form_and_the_attempt_keeps_who_and_why(account: Account) -> None:
    payment = account.objects["payment_intents"].pop("pi_0001")
    event = received("refund.created", account.objects["refunds"]["re_0001"])
    now = timezone.now()
    while event.state != "dead":
        drain(now=now)
        now += timedelta(hours=7)
        event.refresh_from_db()
    assert (event.attempts, event.due_at) == (6, None)
    account.put("payment_intents", payment)

    for _ in range(2):
        replay(event=event, actor=JUDE, reason=f" {WHY} ", key="form-1", now=now)
    assert drain(now=now) == 1
    replay(event=event, actor=JUDE, reason=WHY, key="form-1", now=now)
    assert drain(now=now) == 0, "the same form once more"

    event.refresh_from_db()
    assert (event.state, event.attempts, Refund.objects.count()) == ("processed", 7, 1)
    tried = event.tries.get(number=7)
    assert (tried.kind, tried.state) == ("replay", "processed")
    assert (tried.actor_ref, tried.actor_name, tried.reason) == ("staff:7", "Jude Okafor", WHY)
    assert [each.kind for each in event.tries.order_by("number")] == ["first", *["retry"] * 5, "replay"]


@pytest.mark.parametrize("state", ["processed", "failed", "dead", "ignored"])
def test_what_was_done_is_replayed_and_does_nothing_twice(account: Account, state: str) -> None:
    event = received("refund.created", account.objects["refunds"]["re_0001"])
    drain(now=RECEIVED)
    WebhookEvent.objects.filter(pk=event.pk).update(state="processing")
    WebhookEvent.objects.filter(pk=event.pk).update(state=state)
    before = Posting.objects.count()
    replay(event=event, actor=JUDE, reason=WHY, key="form-2", now=RECEIVED)
    with pytest.raises(Conflict, match="done already"):
        replay(event=event, actor=JUDE, reason=WHY, key="form-3", now=RECEIVED)
    assert drain(now=RECEIVED) == 1
    event.refresh_from_db()
    assert (event.state, event.attempts, Posting.objects.count()) == ("processed", 2, before)


def test_a_replay_needs_a_reason_and_a_form(account: Account) -> None:
    event = received("refund.created", account.objects["refunds"]["re_0001"])
    with pytest.raises(InvalidInput, match="Reason"):
        replay(event=event, actor=JUDE, reason=" ", key="form-1", now=RECEIVED)
    with pytest.raises(InvalidInput, match="Open it again"):
        replay(event=event, actor=JUDE, reason=WHY, key="", now=RECEIVED)
    with pytest.raises(Conflict):
        replay(event=event, actor=JUDE, reason=WHY, key="form-1", now=RECEIVED)
    with pytest.raises(Conflict):
        try_now(event=event, actor=JUDE, now=RECEIVED)


def test_the_next_try_can_be_hurried(account: Account) -> None:
    account.refuse["customers"] = Answer(500, b'{"error": {"message": "broken", "type": "api_error"}}')
    event = received("customer.updated", account.objects["customers"]["cus_0001"])
    drain(now=RECEIVED)
    account.refuse.clear()
    assert drain(now=RECEIVED) == 0
    try_now(event=event, actor=JUDE, now=RECEIVED)
    assert drain(now=RECEIVED) == 1
    assert event.tries.get(number=2).kind == "retry"


def test_content_that_is_gone_fails_with_a_sentence(account: Account) -> None:
    event = received("payment_intent.succeeded", account.objects["payment_intents"]["pi_0001"])
    event.payloads.all().delete()
    drain(now=RECEIVED)
    event.refresh_from_db()
    assert (event.state, Payment.objects.count()) == ("failed", 0)
    assert "no longer kept" in event.error


def test_ignoring_says_who_and_why_and_no_worker_takes_it(account: Account) -> None:
    event = received("refund.created", account.objects["refunds"]["re_0001"])
    for _ in range(2):
        ignore(event=event, actor=JUDE, reason=WHY, now=RECEIVED)
    assert drain() == 0
    event.refresh_from_db()
    assert (event.state, event.due_at) == ("ignored", None)
    [entry] = HistoryEntry.objects.filter(subject_kind="webhookevent")
    assert (entry.kind, entry.actor_name, entry.reason) == ("ignored", "Jude Okafor", WHY)
    replay(event=event, actor=JUDE, reason=WHY, key="form-1", now=RECEIVED)
    assert drain() == 1
    with pytest.raises(Conflict, match="processed by now"):
        ignore(event=event, actor=JUDE, reason=WHY, now=RECEIVED)


@pytest.mark.parametrize("kind", [REPLAY_MANY, IGNORE_MANY])
def test_many_are_replayed_or_ignored_with_a_result_for_each(account: Account, kind: str) -> None:
    dead = received("refund.created", account.objects["refunds"]["re_0001"])
    done = received("payment_intent.succeeded", account.objects["payment_intents"]["pi_0002"])
    drain(now=RECEIVED)
    WebhookEvent.objects.filter(pk=dead.pk).update(state="processing")
    WebhookEvent.objects.filter(pk=dead.pk).update(state="dead")
    if kind == REPLAY_MANY:
        WebhookEvent.objects.filter(pk=done.pk).update(state="processing", due_at=RECEIVED)
    run = start_run(
        kind=kind,
        title="Two webhook events",
        rows=[RowAsked(each.pk, each.event_id) for each in (dead, done)],
        asked={"reason": WHY},
        actor=JUDE,
        now=RECEIVED,
    )
    ProcrastinateJob.objects.filter(status="todo").update(status="failed")
    run = do_run(run_id=run.pk, clock=lambda: RECEIVED)
    assert (run.state, run.done, run.failed) == ("done", 2, 1)
    first, second = run.rows.order_by("pk")
    assert (first.ok, second.ok) == (True, False)
    dead.refresh_from_db()
    assert dead.state == ("processing" if kind == REPLAY_MANY else "ignored")
