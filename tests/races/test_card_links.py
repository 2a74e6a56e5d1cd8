"""A message and a look-up tell of the same card at once: it is kept once, and not without the link's lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest

from billing.gateways.facts import MethodFact, SetupFact
from billing.history.actors import gateway
from billing.models import CardLink, HistoryEntry, PaymentMethod
from billing.payments.card_leaving import record_setup
from tests import make
from tests.races.harness import at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
NOW = make.NOW
LOCK = "billing.payments.card_links.lock_card_link"


@contextmanager
def without_link_lock() -> Iterator[None]:
    """The naive twin: the link is read, not locked."""

    def plain(reference: str) -> CardLink | None:
        return CardLink.objects.select_related("customer").filter(reference=reference).first()

    with patch(LOCK, plain):
        yield


def both_tell() -> list:
    link = make.card_link(gateway="sandbox", pages=1, checkout_id="sbx_si_1", checkout_until=NOW)
    card = MethodFact("sandbox", "sbx_pm_kept_1_4242", "", "card", NOW, NOW, "visa", "4242", 12, 2029)
    fact = SetupFact("sandbox", "sbx_si_1", link.reference, "complete", NOW, card)

    def tell() -> bool:
        return record_setup(fact, actor=gateway("sandbox"), now=NOW)

    with meeting(LOCK, 2):
        return at_once([tell, tell])


def kept() -> int:
    return HistoryEntry.objects.filter(subject_kind="cardlink", kind="card_left").count()


def test_one_of_two_keeps_the_card_and_the_other_finds_it_kept() -> None:
    outcomes = both_tell()
    assert refused(outcomes) == []
    assert sorted(went_through(outcomes)) == [False, True]
    assert kept() == 1 and PaymentMethod.objects.filter(is_default=True).count() == 1


def test_without_the_links_lock_both_believe_to_have_kept_it() -> None:
    with without_link_lock():
        outcomes = both_tell()
    assert went_through(outcomes) == [True, True]
    assert kept() == 2
