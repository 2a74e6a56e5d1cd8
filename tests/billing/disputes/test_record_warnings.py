"""A card network's early warning and the chargeback that follows are one dispute, in any order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from billing.disputes.services import record_disputes
from billing.gateways.facts import DisputeFact, FundsFact
from billing.history.actors import gateway
from billing.models import Dispute, PostingLine
from tests import make

STRIPE = gateway("stripe")
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TAKEN = FundsFact("txn_1", -5000, 1500, "EUR", LATER)
WARNED = DisputeFact(
    "stripe", "issfr_1", "pi_1", "ch_1", "warning", "made_with_stolen_card", "", 0, NOW, NOW,
    is_early_warning=True,
)  # fmt: skip
CLOSED = replace(WARNED, state="warning_closed", as_of=LATER)
DISPUTED = DisputeFact(
    "stripe", "dp_1", "pi_1", "ch_1", "needs_response", "fraudulent", "EUR", 5000, LATER, LATER,
    funds=(TAKEN,),
)  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _payment() -> None:
    make.payment(gateway="stripe", gateway_id="pi_1", currency="EUR", amount_minor=5000, captured_minor=5000)


def tell(*facts: DisputeFact) -> None:
    for fact in facts:
        record_disputes([fact], actor=STRIPE, now=LATER)


def test_a_warning_is_of_the_whole_payment_and_takes_nothing() -> None:
    tell(WARNED, WARNED)
    row = Dispute.objects.get()
    assert (row.state, row.amount_minor, row.currency, row.withdrawn_minor) == ("warning", 5000, "EUR", 0)
    assert row.reason == "made_with_stolen_card"
    tell(CLOSED, WARNED)
    assert Dispute.objects.get().state == "warning_closed"
    assert PostingLine.objects.count() == 0


@pytest.mark.parametrize("order", list(permutations((WARNED, CLOSED, DISPUTED))))
def test_any_order_twice_is_one_dispute(order: tuple[DisputeFact, ...]) -> None:
    tell(*order, *order)
    row = Dispute.objects.get()
    assert (row.gateway_id, row.warning_gateway_id) == ("dp_1", "issfr_1")
    assert (row.state, row.amount_minor, row.withdrawn_minor) == ("needs_response", 5000, 5000)
    assert row.created_at == LATER
    lines = PostingLine.objects.filter(account="gateway_clearing")
    assert sum(lines.values_list("amount_minor", flat=True)) == -6500


def test_told_of_at_once_is_one_too() -> None:
    record_disputes([WARNED, DISPUTED], actor=STRIPE, now=LATER)
    assert Dispute.objects.get().gateway_id == "dp_1"


def test_a_returned_fee_comes_back() -> None:
    back = FundsFact("txn_2", 5000, -1500, "EUR", LATER)
    tell(DISPUTED, replace(DISPUTED, state="won", funds=(TAKEN, back), as_of=LATER + timedelta(hours=1)))
    assert sum(PostingLine.objects.filter(account="gateway_fees").values_list("amount_minor", flat=True)) == 0
    clearing = PostingLine.objects.filter(account="gateway_clearing")
    assert sum(clearing.values_list("amount_minor", flat=True)) == 0


def test_lost_after_it_was_won_is_a_loss_again() -> None:
    hour = timedelta(hours=1)
    for number, state in enumerate(("lost", "won", "lost"), 1):
        tell(replace(DISPUTED, state=state, as_of=LATER + number * hour))
    losses = PostingLine.objects.filter(account="dispute_losses")
    assert sum(losses.values_list("amount_minor", flat=True)) == 5000
