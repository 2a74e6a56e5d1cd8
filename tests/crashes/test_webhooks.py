"""Workers killed at random moments while they drain a storm: nothing lost, nothing twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection

from billing.models import Payment, PostingLine, WebhookAttempt, WebhookEvent
from billing.webhooks import claims, draining, processing
from billing.webhooks.services import drain
from tests.billing.imports.stripe_account import Account
from tests.billing.webhooks.storm import RECEIVED, books, empty, put, states, story
from tests.books import what_is_broken

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
#: STORM=10000 tells so many events, and kills more often; few of them in the usual suite.
EVENTS = int(os.environ.get("STORM", "100"))
CUSTOMERS = max(2, EVENTS // 12)
KILLS = max(2, min(60, EVENTS // 150))
PATIENCE = 120 + EVENTS / 5
DONE = ("processed", "ignored")


@pytest.fixture
def account() -> Iterator[tuple[Account, str]]:
    from tests.gateways.server import answering

    account = Account().whole(CUSTOMERS)
    with answering(account.answer) as server:
        yield account, server.url


def worker(url: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crashes.drainer", url],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_NAME": str(connection.settings_dict["NAME"]),
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "LOG_LEVEL": "ERROR",
        },
    )


def until(holds: Callable[[], bool], running: "list[subprocess.Popen[bytes]]") -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, states()
        assert all(each.poll() is None for each in running), "a worker ended by itself"
        time.sleep(0.02)


def done() -> int:
    return WebhookEvent.objects.filter(state__in=DONE).count()


def test_killed_again_and_again_the_storm_ends_in_the_same_books(
    account: tuple[Account, str], settings: Any
) -> None:
    stripe, url = account
    settings.STRIPE_API_BASE, settings.STRIPE_API_KEY = url, "sk_test_recorded000000000"
    tales = story(stripe, CUSTOMERS)
    put(tales)
    drain()
    in_order = books()
    empty()
    put(tales, shuffled=7, twice=0.2)

    chance = Random(7)
    running = [worker(url), worker(url)]
    try:
        for kill in range(KILLS):
            wanted = (kill + 1) * len(tales) // (KILLS + 2)
            until(lambda wanted=wanted: done() >= wanted, running)
            time.sleep(chance.random() / 4)  # anywhere in a batch
            victim = running.pop(0)
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            running.append(worker(url))
        until(lambda: done() == len(tales), running)
    finally:
        for each in running:
            each.kill()
            each.wait()

    assert set(states()) <= set(DONE)
    assert books() == in_order
    assert what_is_broken() == {}
    done_once = WebhookAttempt.objects.filter(state__in=DONE)
    assert done_once.count() == done_once.values("event").distinct().count() == len(tales)


def test_a_database_that_goes_away_is_waited_for_and_what_was_leased_is_taken_up_at_once(
    account: tuple[Account, str], settings: Any
) -> None:
    """The loop's connection is cut under it in the middle of a batch, twice, as a restart does."""
    stripe, url = account
    settings.STRIPE_API_BASE, settings.STRIPE_API_KEY = url, "sk_test_recorded000000000"
    tales = story(stripe, 2)
    put(tales)
    stop = Event()

    def loop() -> None:
        draining.keep_draining(stop=stop, worker="loop")

    real, ended = processing._together, []

    def cut_off(*works: Any) -> Any:
        if len(ended) < 2:
            ended.append(1)
            connection.connection.close()
        return real(*works)

    with (
        patch("billing.webhooks.draining.BACK_OFF", 0.05),
        patch("billing.webhooks.processing._together", cut_off),
    ):
        thread = Thread(target=loop)
        thread.start()
        try:
            until(lambda: done() == len(tales), [])
        finally:
            stop.set()
            thread.join()
    assert ended == [1, 1]
    assert what_is_broken() == {}
    assert WebhookEvent.objects.filter(attempts__gt=1).exists(), "taken up before the lease was over"


class Killed(BaseException):
    """The process is gone; nothing after this runs."""


def one_payment(account: tuple[Account, str], settings: Any) -> WebhookEvent:
    stripe, url = account
    settings.STRIPE_API_BASE, settings.STRIPE_API_KEY = url, "sk_test_recorded000000000"
    put([tale for tale in story(stripe, 1) if tale.type == "payment_intent.succeeded"])
    return WebhookEvent.objects.get()


@pytest.mark.parametrize("at", ["prepare", "effects", "write"])
def test_killed_anywhere_nothing_of_it_stays_and_the_next_worker_does_it(
    account: tuple[Account, str], settings: Any, at: str
) -> None:
    event = one_payment(account, settings)
    with patch(f"billing.webhooks.processing.{at}", side_effect=Killed), pytest.raises(Killed):
        drain(now=RECEIVED)
    assert (Payment.objects.count(), PostingLine.objects.count()) == (0, 0)
    assert drain(now=RECEIVED) == 0, "the lease holds others off"

    assert drain(now=RECEIVED + claims.rules.LEASE) == 1
    event.refresh_from_db()
    assert (event.state, event.attempts, Payment.objects.count()) == ("processed", 2, 1)
    tries = event.tries.order_by("number").values_list("number", "state", "error")
    assert list(tries) == [(1, "failed", "The worker that was at this event was lost."), (2, "processed", "")]


def test_with_the_outcome_committed_before_the_effects_a_killed_worker_loses_them(
    account: tuple[Account, str], settings: Any
) -> None:
    """The naive twin: answered first, done later."""
    event = one_payment(account, settings)
    together = processing._together

    def answered_first(works: Any, worker: str, clock: Any) -> Any:
        ended = [processing.Outcome(each.event, "processed") for each in works]
        processing.write(ended, now=clock(), worker=worker)
        return together(works, worker, clock)

    with (
        patch("billing.webhooks.processing._together", answered_first),
        patch("billing.webhooks.processing.effects", side_effect=Killed),
        patch("billing.webhooks.claims.still_ours", lambda events: {each.pk for each in events}),
        pytest.raises(Killed),
    ):
        drain(now=RECEIVED)
    drain(now=RECEIVED + claims.rules.LEASE)
    event.refresh_from_db()
    assert (event.state, Payment.objects.count()) == ("processed", 0), "told to be done, and never was"
