"""Two who merge two customers at once, each the other way: one is refused, and no ring comes of it."""

from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest

from billing.customers.merging import merge_customers
from billing.history.actors import person
from billing.models import Customer, CustomerLink
from tests import make
from tests.make import NOW
from tests.races.harness import at_once, meeting, refused, went_through, without_trigger

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

INES = person(7, "Ines Marchetti")
ONE_STEP = ("billing_customerlink", "customer_links_are_one_step")


@contextmanager
def without_customer_locks():
    """The naive twin: both are read, not locked."""
    with patch("billing.customers.merging.lock_both", lambda *ids: Customer.objects.in_bulk(ids)):
        yield


def both_ways(guard: Any = None) -> list[Any]:
    one, other = make.customer(), make.customer()

    def merge(customer: Customer, into: Customer) -> CustomerLink:
        return merge_customers(
            customer_id=customer.pk, into_id=into.pk, reason="One company.", actor=INES, now=NOW
        )

    with guard or nullcontext(), meeting("billing.customers.merging.why_not_merged", 2):
        return at_once([partial(merge, one, other), partial(merge, other, one)])


def test_of_two_merges_the_opposite_ways_one_succeeds():
    outcomes = both_ways()
    assert len(went_through(outcomes)) == 1
    assert [each.code for each in refused(outcomes)] == ["customers_not_mergeable"]
    assert CustomerLink.objects.count() == 1


def test_without_the_locks_and_the_databases_own_rule_each_is_the_other():
    with without_trigger(*ONE_STEP):
        outcomes = both_ways(without_customer_locks())
    assert len(went_through(outcomes)) == 2
    assert CustomerLink.objects.count() == 2
