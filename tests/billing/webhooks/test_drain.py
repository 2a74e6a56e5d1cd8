"""Storms: shuffled, doubled and torn apart, they end in the books that telling them in order ends in."""

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from billing.models import WebhookAttempt, WebhookEvent
from billing.webhooks.draining import drained
from billing.webhooks.services import drain
from tests.billing.imports.stripe_account import Account
from tests.billing.webhooks.storm import books, empty, put, states, story
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db(transaction=True)

#: STORM=10000 tells so many events; few of them in the usual suite.
EVENTS = int(os.environ.get("STORM", "150"))
CUSTOMERS = max(2, EVENTS // 12)


@pytest.fixture
def account(settings: Any) -> Iterator[Account]:
    account = Account().whole(CUSTOMERS)
    with account.serving(settings):
        yield account


def test_a_storm_in_any_order_ends_in_the_same_books(account: Account) -> None:
    tales = story(account, CUSTOMERS)
    put(tales)
    assert drain() == len(tales)
    assert set(states()) == {"processed", "ignored"}
    in_order = books()
    assert what_is_broken() == {}

    empty()
    came = put(tales, shuffled=20261118, twice=0.3)
    assert came > len(tales)
    assert drain() == len(tales)
    assert set(states()) <= {"processed", "ignored"}, list(
        WebhookEvent.objects.exclude(state__in=("processed", "ignored")).values_list("type", "error")[:5]
    )
    assert books() == in_order
    assert what_is_broken() == {}
    assert WebhookAttempt.objects.count() == len(tales)


def test_a_worker_drains_beside_its_jobs_and_ends_what_it_has_begun(account: Account) -> None:
    put(story(account, 1)[:6])
    end = time.monotonic() + 60
    with drained(loops=1):
        while WebhookEvent.objects.filter(due_at__isnull=False).exists():
            assert time.monotonic() < end, states()
            time.sleep(0.02)
    assert set(states()) <= {"processed", "ignored"}
    assert all(":" in worker for worker in WebhookAttempt.objects.values_list("worker", flat=True))
