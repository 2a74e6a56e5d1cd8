"""RC-4, two trial starts: whatever is asked at the same moment, one trial starts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest

from billing.history.actors import system
from billing.models import Customer, TrialCluster, TrialMark, TrialStart
from billing.subscriptions import trials
from dashboard.database import as_owner
from tests import make
from tests.races.harness import at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

NOW = make.NOW
HOST = system("host")
CLAIMING = "billing.subscriptions.trials.claiming"
CARD = "c" * 64


def claim(customer: Customer, email: str, **more: Any) -> TrialStart:
    return trials.claim_trial(customer_id=customer.pk, email=email, actor=HOST, now=NOW, **more)


def own(customer: Customer, **more: Any) -> Callable[[], TrialStart]:
    """A claim that shares nothing but what is given."""
    return partial(claim, customer, f"ines@halden-{customer.pk}.example", **more)


@contextmanager
def without_locks() -> Iterator[None]:
    """The naive twin: rows are read where they would be locked."""

    def plain(marks: list[tuple[str, str]], now: Any) -> list[TrialCluster]:
        TrialCluster.objects.bulk_create(
            [TrialCluster(kind=k, hash=h, first_at=now, last_at=now) for k, h in marks], ignore_conflicts=True
        )
        return [TrialCluster.objects.get(kind=k, hash=h) for k, h in marks]

    with patch(f"{CLAIMING}._lock_customer"), patch(f"{CLAIMING}._lock_clusters", plain):
        yield


@contextmanager
def without_index(name: str) -> Iterator[None]:
    """The database's own safeguard taken out by the owner, and put back on an empty table."""
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef(%s::regclass)", [name])
        made = cursor.fetchone()[0]
        cursor.execute(
            "SELECT conrelid::regclass FROM pg_constraint WHERE conname = %s AND contype = 'u'", [name]
        )
        of = cursor.fetchone()
        drop = f"ALTER TABLE {of[0]} DROP CONSTRAINT {name}" if of else f"DROP INDEX {name}"
        cursor.execute(drop)
    try:
        yield
    finally:
        TrialMark.objects.all().delete()
        with as_owner() as owner, owner.cursor() as cursor:
            cursor.execute("DELETE FROM billing_trialstart")
            again = f"ALTER TABLE {of[0]} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}" if of else ""
            cursor.execute(made)
            if again:
                cursor.execute(again)


def test_ten_requests_of_one_customer_give_one_trial() -> None:
    customer = make.customer()
    outcomes = at_once([own(customer)] * 10)
    assert len(went_through(outcomes)) == 1 and TrialStart.objects.count() == 1
    assert {getattr(each, "code", repr(each)) for each in refused(outcomes)} == {"trial_had"}


def test_ten_customers_with_one_mailbox_give_one_trial() -> None:
    spelled = [
        "ines@gmail.com",
        "INES@gmail.com",
        "i.nes@gmail.com",
        "ines+1@gmail.com",
        "ines@googlemail.com",
    ]
    customers = [make.customer() for _ in range(10)]
    outcomes = at_once([partial(claim, each, spelled[n % 5]) for n, each in enumerate(customers)])
    assert len(went_through(outcomes)) == 1 and TrialStart.objects.count() == 1
    assert {getattr(each, "code", repr(each)) for each in refused(outcomes)} == {"trial_email_used"}


def test_ten_customers_with_one_card_give_one_trial() -> None:
    outcomes = at_once([own(make.customer(), fingerprints=[CARD]) for _ in range(10)])
    assert len(went_through(outcomes)) == 1
    assert {getattr(each, "code", repr(each)) for each in refused(outcomes)} == {"trial_card_used"}


def test_ten_from_one_network_give_five() -> None:
    outcomes = at_once([own(make.customer(), address="203.0.113.9") for _ in range(10)])
    assert len(went_through(outcomes)) == 5 and TrialStart.objects.count() == 5
    assert TrialCluster.objects.get(kind="address").trials == 5


def test_shared_in_every_order_nobody_waits_for_ever() -> None:
    cards = ["a" * 64, "b" * 64, "c" * 64]
    calls = [
        own(make.customer(), fingerprints=cards[n % 3 :] + cards[: n % 3], device=f"d-{n % 2}")
        for n in range(8)
    ]
    outcomes = at_once(calls)
    assert len(went_through(outcomes)) == 1
    assert {getattr(each, "code", repr(each)) for each in refused(outcomes)} == {"trial_card_used"}


def known_already(customer: Customer) -> None:
    """What this customer would be known by stands there from before, so that nobody waits for its making."""
    trial = own(customer)()
    TrialMark.objects.filter(trial=trial).delete()
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("DELETE FROM billing_trialstart")


def test_without_lock_and_constraint_two_requests_give_two_trials() -> None:
    customer = make.customer()
    known_already(customer)
    with ExitStack() as taken_out:
        taken_out.enter_context(without_index("one_trial_per_customer"))
        taken_out.enter_context(without_index("one_trial_per_email_and_per_card"))
        taken_out.enter_context(without_locks())
        with meeting(f"{CLAIMING}._count", 2):
            outcomes = at_once([own(customer)] * 2)
        assert len(went_through(outcomes)) == 2 and TrialStart.objects.count() == 2


def test_without_locks_the_constraint_still_gives_one() -> None:
    customer = make.customer()
    known_already(customer)
    with without_locks(), meeting(f"{CLAIMING}._count", 2):
        outcomes = at_once([own(customer)] * 2)
    assert len(went_through(outcomes)) == 1 and TrialStart.objects.count() == 1


def test_without_the_clusters_lock_six_start_from_one_network() -> None:
    for _ in range(4):
        own(make.customer(), address="203.0.113.9")()
    customers = [make.customer() for _ in range(2)]
    with without_locks(), meeting(f"{CLAIMING}._count", 2):
        outcomes = at_once([own(each, address="203.0.113.9") for each in customers])
    assert len(went_through(outcomes)) == 2 and TrialStart.objects.count() == 6
