"""Many who post the same facts at once: each is posted once, and nobody waits for ever."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from threading import Event
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from billing.history.actors import system
from billing.ledger import rules
from billing.ledger.models import Posting, PostingLine
from billing.ledger.services import Entry, post_many
from billing.money import Money
from dashboard.database import as_owner
from tests.races.harness import at_once, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

NOW = datetime(2026, 11, 18, 14, 9, tzinfo=UTC)
WORKER = system("worker")
PATIENCE = timedelta(seconds=60)


def entries(*references: str) -> list[Entry]:
    amount = Money(9900, "EUR")
    return [Entry(rules.payment_succeeded(each, amount=amount, owed=amount)) for each in references]


def post(*references: str) -> list[str]:
    return [each.cause for each in post_many(entries(*references), actor=WORKER, now=NOW)]


def test_eight_who_post_the_same_facts_post_each_once():
    references = [f"PAY-{n}" for n in range(20)]

    outcomes = at_once([partial(post, *references)] * 8)

    assert not refused(outcomes)
    posted = sorted(chain.from_iterable(went_through(outcomes)))
    assert posted == sorted(f"payment.succeeded:{each}" for each in references)
    assert Posting.objects.count() == 20
    assert PostingLine.objects.count() == 40


@contextmanager
def in_the_order_given() -> Iterator[None]:
    """The naive twin: facts are inserted in the order in which they were told."""
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('billing_post'::regproc)")
        (ours,) = cursor.fetchone()
        naive = ours.replace("ORDER BY t.cause, t.place", "ORDER BY t.place")
        assert naive != ours
        cursor.execute(naive)
    try:
        yield
    finally:
        with as_owner() as owner, owner.cursor() as cursor:
            cursor.execute(ours)


def two_in_opposite_order(guard: AbstractContextManager[None] | None = None) -> list[Any]:
    """A third has posted the fact in the middle and commits when both wait, each having begun at its end."""
    held = Event()

    def hold_the_middle() -> None:
        with transaction.atomic():
            post("PAY-2")
            held.set()
            _until_two_wait()

    def follow(*references: str) -> list[str]:
        held.wait(PATIENCE.total_seconds())
        return post(*references)

    forth, back = ("PAY-1", "PAY-2", "PAY-3"), ("PAY-3", "PAY-2", "PAY-1")
    with guard or nullcontext():
        return at_once([hold_the_middle, partial(follow, *forth), partial(follow, *back)])


def _until_two_wait() -> None:
    until = monotonic() + PATIENCE.total_seconds()
    with connection.cursor() as cursor:
        while monotonic() < until:
            cursor.execute(
                "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN "
                "(SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
            )
            if cursor.fetchone()[0] >= 2:
                return
            sleep(0.01)
    raise AssertionError("nobody waited for the fact in the middle")


def test_two_who_post_the_same_facts_in_opposite_order_both_come_through():
    outcomes = two_in_opposite_order()

    assert not refused(outcomes)
    assert sorted(Posting.objects.values_list("cause", flat=True)) == [
        f"payment.succeeded:PAY-{n}" for n in (1, 2, 3)
    ]


def test_in_the_order_given_they_would_wait_for_one_another():
    outcomes = two_in_opposite_order(in_the_order_given())

    (stopped,) = refused(outcomes)
    assert isinstance(stopped, OperationalError)
    assert "deadlock" in str(stopped)
