"""Stripe's minor units and ours, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.gateways.errors import GatewayRefused
from billing.gateways.stripe_amounts import HUNDREDTHS, WHOLE, from_stripe, to_stripe
from billing.money import Money


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Money(1_050, "EUR"), 1_050),
        (Money(500, "JPY"), 500),
        (Money(5, "ISK"), 500),
        (Money(5, "UGX"), 500),
        (Money(700, "MGA"), 7),
        (Money(5_120, "KWD"), 5_120),
    ],
)
def test_as_stripe_counts(ours, theirs):
    assert to_stripe(ours) == theirs
    assert from_stripe(theirs, ours.currency.lower()) == ours


def test_a_fraction_that_stripe_cannot_express():
    with pytest.raises(GatewayRefused, match="no fractions of MGA"):
        to_stripe(Money(750, "MGA"))


@given(st.integers(1, 10**8), st.sampled_from(sorted({"EUR", "KWD", "JPY", *HUNDREDTHS, *WHOLE} - {"MGA"})))
def test_there_and_back(minor, currency):
    money = Money(minor, currency)
    assert from_stripe(to_stripe(money), currency) == money
