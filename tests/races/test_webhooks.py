"""Workers at one inbox: each event once, one object with one worker, and what breaks without."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection

from billing.errors import Conflict
from billing.history.actors import person
from billing.models import Posting, WebhookAttempt, WebhookEvent
from billing.webhooks import claims, outcomes, processing
from billing.webhooks.services import drain, replay
from tests.billing.imports.stripe_account import DAY, START, Account
from tests.billing.webhooks.storm import RECEIVED, Tale, books, empty, put, states, story
from tests.books import what_is_broken
from tests.races.harness import Meeting, at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

CUSTOMERS = 3


@pytest.fixture
def account(settings: Any) -> Iterator[Account]:
    account = Account().whole(CUSTOMERS)
    with account.serving(settings):
        yield account


def of_one_object(account: Account, times: int = 3) -> list[Tale]:
    body = account.objects["payment_intents"]["pi_0001"]
    return [Tale("payment_intent.succeeded", START + n * DAY, body) for n in range(times)]


def test_two_workers_share_a_storm_and_end_in_the_same_books(account: Account) -> None:
    tales = story(account, CUSTOMERS)
    put(tales)
    drain(now=RECEIVED)
    in_order = books()
    empty()
    put(tales, shuffled=3, twice=0.3)
    taken = at_once([lambda: drain(now=RECEIVED), lambda: drain(now=RECEIVED)])
    drain(now=RECEIVED)
    assert went_through(taken) == taken, taken
    assert set(states()) <= {"processed", "ignored"}, list(
        WebhookEvent.objects.values_list("error").distinct()
    )
    assert books() == in_order
    assert what_is_broken() == {}
    assert WebhookAttempt.objects.count() == len(tales)


@contextmanager
def watched() -> Iterator[set[str]]:
    """Objects that two workers were at together."""
    busy: dict[str, int] = {}
    both: set[str] = set()
    lock = Lock()
    together = Meeting(2)
    real = processing._prepared

    def prepared(works: Any, worker: str, clock: Any) -> Any:
        names = {work.event.object_id for work in works}
        with lock:
            for name in names:
                busy[name] = busy.get(name, 0) + 1
                if busy[name] > 1:
                    both.add(name)
        together.wait()  # over at once where the other has nothing to do, which is as it should be
        try:
            return real(works, worker, clock)
        finally:
            with lock:
                for name in names:
                    busy[name] -= 1

    with patch("billing.webhooks.processing._prepared", prepared):
        yield both


def one_each() -> list[Any]:
    return at_once([lambda: drain(now=RECEIVED, most=1), lambda: drain(now=RECEIVED, most=1)])


def test_an_object_is_with_one_worker(account: Account) -> None:
    put(of_one_object(account))
    with watched() as both:
        taken = one_each()
    assert (sorted(taken), both) == ([0, 1], set())


def test_without_turns_and_a_look_at_the_others_an_object_is_with_two(account: Account) -> None:
    """The naive twin: due rows, locked, skipped when locked."""
    put(of_one_object(account))
    naive = """
        UPDATE billing_webhookevent SET state = 'processing', attempts = attempts + 1, processed_at = %(now)s,
            due_at = %(until)s
        WHERE id IN (SELECT id FROM billing_webhookevent WHERE due_at <= %(now)s ORDER BY due_at, id
                     LIMIT %(most)s FOR UPDATE SKIP LOCKED)
        RETURNING id"""
    with patch.object(claims, "CLAIM", naive), patch.object(claims, "TURN", "SELECT 1"), watched() as both:
        taken = one_each()
    assert (sorted(taken), both) == ([1, 1], {"pi_0001"})


def test_claims_that_meet_never_take_an_earlier_event_of_an_object_that_is_taken(account: Account) -> None:
    """One comes to the inbox between two claims: whoever claims later sees what the other has."""
    later, *_ = of_one_object(account, 1)
    earlier = Tale(later.type, later.at - DAY, later.body)
    put([later])
    [first] = claims.claim(now=RECEIVED)
    put([later, earlier])
    assert claims.claim(now=RECEIVED) == []
    processing.process_batch(events=[first], clock=lambda: RECEIVED)
    assert drain(now=RECEIVED) == 1


def lapsed_and_taken_over() -> tuple[WebhookEvent, WebhookEvent]:
    """One event with two workers: the first one's lease has lapsed without its knowing."""
    [slow] = claims.claim(now=RECEIVED)
    [quick] = claims.claim(now=RECEIVED + claims.rules.LEASE)
    return slow, quick


def test_who_has_lost_the_lease_writes_nothing(account: Account) -> None:
    put(of_one_object(account, 1))
    slow, quick = lapsed_and_taken_over()
    assert processing.process_batch(events=[slow], clock=lambda: RECEIVED) == {}
    assert Posting.objects.count() == 0
    done = processing.process_batch(events=[quick], clock=lambda: RECEIVED)
    assert list(done.values()) == ["processed"]
    assert processing.process_batch(events=[slow], clock=lambda: RECEIVED) == {}
    event = WebhookEvent.objects.get()
    assert (event.attempts, event.tries.count(), event.tries.filter(state="processed").count()) == (2, 2, 1)


def test_the_lease_lost_at_the_last_moment_takes_the_effects_back(account: Account) -> None:
    put(of_one_object(account, 1))
    [slow] = claims.claim(now=RECEIVED)
    real = outcomes.write

    def taken_over_first(ended: Any, **more: Any) -> None:
        at_once([lambda: claims.claim(now=RECEIVED + claims.rules.LEASE)])
        real(ended, **more)

    with patch("billing.webhooks.processing.write", taken_over_first):
        assert processing.process_batch(events=[slow], clock=lambda: RECEIVED) == {}
    assert Posting.objects.count() == 0
    assert WebhookEvent.objects.get().state == "processing"


def test_without_the_fence_both_end_it(account: Account) -> None:
    """The naive twin: whoever is done writes."""
    put(of_one_object(account, 1))
    slow, quick = lapsed_and_taken_over()
    unfenced = outcomes.END.replace("AND e.attempts = told.attempts AND e.state = 'processing'", "")
    with (
        patch.object(outcomes, "END", unfenced),
        patch("billing.webhooks.claims.still_ours", lambda events: {each.pk for each in events}),
    ):
        processing.process_batch(events=[quick], clock=lambda: RECEIVED)
        with pytest.raises(IntegrityError):
            # Only the number of the lost attempt, which is written already, still stands in its way.
            processing._failure(processing.work_of(slow), ValueError("too late"), "", lambda: RECEIVED)


def test_a_form_sent_twice_at_once_replays_once(account: Account) -> None:
    put(of_one_object(account, 1))
    drain(now=RECEIVED)
    event = WebhookEvent.objects.get()
    jude = person(7, "Jude Okafor")

    def press(key: str) -> Any:
        return replay(event=event, actor=jude, reason="Looked wrong.", key=key, now=RECEIVED)

    assert not refused(at_once([lambda: press("form-1")] * 3))
    assert drain(now=RECEIVED) == 1
    with meeting("billing.webhooks.replaying._asked", 2):
        outcomes_ = at_once([lambda: press("form-2"), lambda: press("form-3")])
    assert [type(each) for each in refused(outcomes_)] == [Conflict]
    assert drain(now=RECEIVED) == 1
    assert WebhookEvent.objects.get().attempts == 3


def test_a_message_that_comes_again_does_not_wait_for_the_worker(account: Account) -> None:
    tales = of_one_object(account, 1)
    put(tales)
    real = processing.write

    def again(ended: Any, **more: Any) -> None:
        def at_the_door() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '1s'")
            put(tales)

        assert not refused(at_once([at_the_door]))
        real(ended, **more)

    with patch("billing.webhooks.processing.write", again):
        drain(now=RECEIVED)
    event = WebhookEvent.objects.get()
    assert (event.state, event.duplicates) == ("processed", 1)
