"""Two people change one price at once: the tier's lock makes one of them look again."""

from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.db import IntegrityError

from billing.catalog import services
from billing.catalog.pricing import PriceWanted
from billing.errors import Conflict
from billing.history.actors import person
from billing.models import Price, Tier
from tests import make
from tests.races.harness import at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@contextmanager
def without_tier_lock():
    """The naive twin: the tier is read, not locked."""
    with patch("billing.catalog.locks.lock_tier", lambda tier_id: Tier.objects.get(pk=tier_id)):
        yield


def two_change_it(tier: Tier) -> list:
    def change(minor: int, who: str):
        return lambda: services.add_price(
            tier_id=tier.pk,
            wanted=PriceWanted("EUR", minor, "month"),
            based_on=1,
            reason="Dearer rooms",
            actor=person(minor, who),
            now=make.NOW,
        )

    with meeting("billing.catalog.pricing.newest_version", 2):
        return at_once([change(3400, "Tove Ahlgren"), change(3900, "Ines Marchetti")])


def test_one_of_two_is_told_that_the_price_moved_on() -> None:
    tier = make.tier()
    make.price(tier)
    outcomes = two_change_it(tier)
    assert len(went_through(outcomes)) == 1
    (late,) = refused(outcomes)
    assert isinstance(late, Conflict) and late.code == "price_moved_on"
    assert list(Price.objects.order_by("version").values_list("version", "is_active")) == [
        (1, False),
        (2, True),
    ]


def test_without_the_lock_the_second_one_breaks_on_the_database() -> None:
    tier = make.tier()
    make.price(tier)
    with without_tier_lock():
        outcomes = two_change_it(tier)
    (late,) = refused(outcomes)
    assert isinstance(late, IntegrityError)
    assert Price.objects.filter(version=2).count() == 1
