"""Credits under many hands: nothing is used, granted or taken twice, and nothing goes below zero."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from random import Random
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, transaction

from billing.credits import rules, services
from billing.credits.models import CreditAccount, CreditEntry, CreditLot
from billing.credits.services import Moved, Short
from billing.errors import Conflict, Refused
from billing.ids import form_key
from billing.models import Customer
from dashboard.database import as_owner
from tests import make
from tests.billing.credits.desk import (
    DAY,
    NOW,
    WORKER,
    account,
    assert_sound,
    burn,
    by_hand,
    grant,
    renewal,
)  # fmt: skip
from tests.races.harness import at_once, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

#: More for a long run, as RACE_ROUNDS=10000 pytest tests/races/test_credits.py -k last_credits
ROUNDS = int(os.environ.get("RACE_ROUNDS", "8"))
SECONDS = float(os.environ.get("RACE_SECONDS", "2"))
THREADS = 8


def last_credits(of: list[Customer], deed: Callable[..., Any] = burn) -> list[list[Any]]:
    """Each of eight wants six of the ten that are left to a customer; customer after customer, all start
    at once. What came out, by customer."""
    start = Barrier(THREADS)

    def rounds() -> list[Any]:
        found = []
        for customer in of:
            start.wait()
            found.append(deed(customer, 6))
        return found

    outcomes = at_once([rounds for _ in range(THREADS)])
    assert refused(outcomes) == []
    return [list(each) for each in zip(*outcomes, strict=True)]


def test_the_last_credits_are_used_once():
    customers = [make.customer() for _ in range(ROUNDS)]
    for customer in customers:
        grant(customer, 10)
    for outcomes in last_credits(customers):
        assert sum(isinstance(each, Moved) for each in outcomes) == 1
        assert sum(isinstance(each, Short) for each in outcomes) == THREADS - 1
    assert set(CreditAccount.objects.values_list("balance", flat=True)) == {4}
    if ROUNDS <= 100:
        assert_sound()


def naive_burn(of: Customer, amount: int) -> bool:
    """The same deed without the lock: it reads, decides, and writes what it decided."""
    holds = naive_read(of)
    if holds < amount:
        return False
    time.sleep(0.002)  # what a rule and a log line take
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE naive_account SET balance = %s WHERE customer_id = %s", [holds - amount, of.pk]
        )
    return True


def naive_read(of: Customer) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT balance FROM naive_account WHERE customer_id = %s", [of.pk])
        return cursor.fetchone()[0]


@contextmanager
def naive_table() -> Iterator[None]:
    """A balance in a column, as the systems before this one had it."""
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("CREATE TABLE naive_account (customer_id bigint PRIMARY KEY, balance bigint)")
        cursor.execute("GRANT ALL ON naive_account TO PUBLIC")
    try:
        yield
    finally:
        with as_owner() as owner, owner.cursor() as cursor:
            cursor.execute("DROP TABLE naive_account")


def naive_grant(of: Customer, amount: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO naive_account VALUES (%s, %s)", [of.pk, amount])


def test_without_the_lock_they_are_used_more_than_once():
    with naive_table():
        customers = [make.customer() for _ in range(ROUNDS)]
        for customer in customers:
            naive_grant(customer, 10)
        broken = sum(sum(outcomes) > 1 for outcomes in last_credits(customers, naive_burn))
    assert broken > ROUNDS / 2


@contextmanager
def without_account_lock() -> Iterator[None]:
    """The naive twin of what is planned in Python: accounts are read, not locked."""

    def plain(account_ids: Any) -> dict[int, CreditAccount]:
        found = {each.pk: each for each in CreditAccount.objects.filter(pk__in=set(account_ids))}
        time.sleep(0.01)
        return found

    with (
        patch("billing.credits.locks.lock_accounts", plain),
        patch("billing.credits.expiring.lock_accounts", plain),
    ):
        yield


def take_back_six(lot_id: int) -> Any:
    return services.take_back(lot_id=lot_id, amount=6, **by_hand())


def test_what_is_taken_back_is_taken_once():
    for _ in range(ROUNDS):
        lot = grant(make.customer(), 10).lot_id
        outcomes = at_once([partial(take_back_six, lot) for _ in range(THREADS)])
        assert len(went_through(outcomes)) == 1
        assert {each.code for each in refused(outcomes)} == {"lot_holds_less"}
    assert_sound()


def test_without_the_lock_the_database_itself_refuses():
    """The rule is passed by several, and the entry that no longer adds up is refused."""
    stopped = 0
    with without_account_lock():
        for _ in range(ROUNDS):
            lot = grant(make.customer(), 10).lot_id
            outcomes = at_once([partial(take_back_six, lot) for _ in range(THREADS)])
            assert len(went_through(outcomes)) == 1
            stopped += any(not isinstance(each, Refused) for each in refused(outcomes))
    assert stopped > ROUNDS / 2
    assert_sound()


def test_a_lot_expires_once():
    lots = [grant(make.customer(), 10, expires_at=NOW + DAY).lot_id for _ in range(ROUNDS)]
    outcomes = at_once([partial(services.expire_due, actor=WORKER, now=NOW + DAY) for _ in range(THREADS)])
    assert sum(outcomes) == len(lots)
    assert CreditEntry.objects.filter(movement="expire").count() == len(lots)
    assert_sound()


def grant_renewal(held: Any, place: int) -> Any:
    """One of two webhooks, or the renewal run: whoever is first."""
    if place % 3 == 2:
        row = services.Renewal(held.customer_id, 100, renewal(held))
        return services.grant_many(renewals=[row], unit="tokens", actor=WORKER, now=NOW)
    return grant(held.customer, 100, of=renewal(held), source="tier_grant")


def test_two_webhooks_and_a_run_grant_one_renewal():
    price = make.price()
    for _ in range(ROUNDS):
        held = make.subscription(at=price)
        outcomes = at_once([partial(grant_renewal, held, place) for place in range(THREADS)])
        assert sum(isinstance(each, Moved) or each == 1 for each in went_through(outcomes)) == 1
        assert {type(each) for each in refused(outcomes)} <= {Conflict}
        assert account(held.customer).balance == 100
    assert_sound()


def naive_renewal(held: Any) -> bool:
    """Has it been granted? Then grant it: without a key that is unique."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT balance FROM naive_account WHERE customer_id = %s", [held.customer_id])
        if cursor.fetchone()[0]:
            return False
        time.sleep(0.002)
        cursor.execute(
            "UPDATE naive_account SET balance = balance + 100 WHERE customer_id = %s", [held.customer_id]
        )
    return True


def test_without_the_unique_key_they_grant_several():
    price, broken = make.price(), 0
    with naive_table():
        for _ in range(ROUNDS):
            held = make.subscription(at=price)
            naive_grant(held.customer, 0)
            at_once([partial(naive_renewal, held) for _ in range(THREADS)])
            broken += naive_read(held.customer) > 100
    assert broken > ROUNDS / 2


def test_one_key_in_eight_hands_uses_once():
    for _ in range(ROUNDS):
        customer, key = make.customer(), form_key()
        grant(customer, 100)
        outcomes = at_once([partial(burn, customer, 6, key=key) for _ in range(THREADS)])
        assert refused(outcomes) == []
        assert sum(not each.repeated for each in outcomes) == 1
        assert account(customer).balance == 94


def something(customers: list[Customer], bought: list[int], random: Random) -> Any:
    customer, amount = random.choice(customers), random.randint(1, 30)
    match random.randrange(7):
        case 0:
            days = random.choice([None, timedelta(seconds=1)])
            return grant(customer, amount, expires_at=days and NOW + days)
        case 1 | 2 | 3:
            return burn(customer, amount)
        case 4:
            return services.expire_due(actor=WORKER, now=NOW + DAY)
        case 5:
            percent = random.randint(1, 100)
            return services.claw_back(
                lot_id=random.choice(bought), returned_minor=percent, paid_minor=100, **by_hand()
            )
        case _:
            used = CreditEntry.objects.filter(movement="burn").order_by("-pk").first()
            return used and services.reverse(entry_id=used.pk, **by_hand())


def for_a_while(customers: list[Customer], bought: list[int], seed: int) -> int:
    random, done, until = Random(seed), 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        with suppress(Refused):  # an ordinary answer
            something(customers, bought, random)
        done += 1
    return done


def test_sixteen_hands_grant_burn_expire_and_claw_back_at_once():
    customers = [make.customer() for _ in range(3)]
    bought = [grant(each, 50, source="purchase").lot_id for each in customers for _ in range(3)]
    outcomes = at_once([partial(for_a_while, customers, bought, seed) for seed in range(16)])
    assert refused(outcomes) == []
    assert sum(outcomes) >= 16
    assert_sound()
    for lot in CreditLot.objects.filter(pk__in=bought):
        clawed = -sum(entry.amount for entry in CreditEntry.objects.filter(about=lot))
        assert 0 <= clawed <= rules.claw_target(lot.amount, returned_minor=100, paid_minor=100)
    with transaction.atomic():
        from tests.books import what_is_broken

        assert {key for key in what_is_broken() if "credit" in key} == set()
