"""What gateways tell of disputes: money posts when it moves, a loss once, and back when won after all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing.disputes.services import record_dispute
from billing.errors import Missing
from billing.gateways.facts import DisputeFact, FundsFact
from billing.history.actors import gateway
from billing.models import Dispute, PostingLine
from tests import make

STRIPE = gateway("stripe")
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
TAKEN = FundsFact("txn_1", -5000, 1500, "EUR", NOW)
BACK = FundsFact("txn_2", 5000, 0, "EUR", NOW)
FACT = DisputeFact("stripe", "dp_1", "ch_1", "ch_1", "needs_response", "fraudulent", "EUR", 5000, NOW, NOW)

pytestmark = pytest.mark.django_db


def told(minutes: int, **more: Any) -> Dispute:
    fact = replace(FACT, as_of=NOW + timedelta(minutes=minutes), **more)
    return record_dispute(fact, actor=STRIPE, now=NOW)


def balances() -> dict[str, int]:
    totals: dict[str, int] = {}
    for account, minor in PostingLine.objects.values_list("account", "amount_minor"):
        totals[account] = totals.get(account, 0) + minor
    return {account: minor for account, minor in totals.items() if minor}


def test_money_posts_when_it_moves_and_comes_back_when_won_after_all() -> None:
    make.payment(gateway="stripe", gateway_id="ch_1", currency="EUR", amount_minor=5000, captured_minor=5000)
    told(0)
    assert balances() == {}
    assert told(1, funds=(TAKEN,)).withdrawn_minor == 5000
    assert balances() == {"gateway_clearing": -6500, "gateway_fees": 1500, "disputed": 5000}
    told(2, funds=(TAKEN,), state="lost")
    told(3, funds=(TAKEN,), state="lost")
    assert balances() == {"gateway_clearing": -6500, "gateway_fees": 1500, "dispute_losses": 5000}
    assert told(4, funds=(TAKEN, BACK), state="won").withdrawn_minor == 0
    assert balances() == {"gateway_clearing": -1500, "gateway_fees": 1500}


def test_one_on_a_payment_that_is_not_known_says_what_to_fetch() -> None:
    with pytest.raises(Missing) as refusal:
        told(0)
    assert refusal.value.facts == {"kind": "charge", "gateway_id": "ch_1"}
