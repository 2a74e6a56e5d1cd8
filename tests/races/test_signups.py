"""Ten requests meet a new user at once: the lock on the host's id makes one customer of them."""

from unittest.mock import patch

import pytest
from django.db import IntegrityError

from billing.history.actors import person
from billing.models import Customer, Subscription
from billing.signups.services import ensure_customer
from tests import make
from tests.races.harness import at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def six_ask() -> list:
    def ask():
        return ensure_customer(
            external_id="user:1024",
            email="lena@brueckner.example",
            actor=person(1, "Halden"),
            now=make.NOW,
        )

    with patch("tests.races.harness.PATIENCE", 0.3), meeting("billing.signups.services.lock_user", 6):
        return at_once([ask] * 6)


def test_six_first_touches_make_one_customer_with_one_subscription() -> None:
    make.price(make.tier(slug="free", is_default=True), unit_amount_minor=0)
    outcomes = six_ask()
    assert len({each.pk for each in went_through(outcomes)}) == 1 and refused(outcomes) == []
    assert (Customer.objects.count(), Subscription.objects.count()) == (1, 1)


def test_without_the_lock_the_others_break_on_the_unique_index() -> None:
    make.price(make.tier(slug="free", is_default=True), unit_amount_minor=0)
    with patch("billing.signups.services.lock_user", lambda external_id: None):
        outcomes = six_ask()
    assert any(isinstance(each, IntegrityError) for each in refused(outcomes))
    assert Customer.objects.count() == 1
