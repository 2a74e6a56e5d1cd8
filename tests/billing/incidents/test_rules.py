"""What an outage is worth, in seconds and minor units."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import InvalidInput
from billing.incidents.rules import Share, check_outage, comparable, overlap, worth
from billing.periods import Period

MONTH = 30 * 86_400
NOW = datetime(2026, 11, 18, 13, 32, tzinfo=UTC)


@pytest.mark.parametrize(
    ("currency", "price", "seconds", "expected"),
    [
        # 99.00 a month, six hours: 99.00 × 21,600 / 2,592,000 = 0.825, half away from zero.
        ("EUR", 9_900, 21_600, 83),
        ("EUR", 9_900, 7_200, 28),
        # Yen have no minor units: 9,900 × 21,600 / 2,592,000 = 82.5.
        ("JPY", 9_900, 21_600, 83),
        ("JPY", 100, 21_600, 1),
        ("JPY", 50, 21_600, 0),
        # Dinars have three: 29.900 × 21,600 / 2,592,000 = 0.24916….
        ("KWD", 29_900, 21_600, 249),
        ("KWD", 29_900, MONTH, 29_900),
    ],
)
def test_pro_rata(currency, price, seconds, expected):
    assert worth([Share(price, seconds, MONTH)], currency).minor == expected


def test_several_shares_are_summed_exactly_and_rounded_once():
    third = Share(1, MONTH // 3, MONTH)
    assert worth([third], "EUR").minor == 0
    assert worth([third, third, third], "EUR").minor == 1


def test_unused_time_that_was_given_back_counts_against_it():
    """From Pro at 99.00 to Team at 300.00 for the last ten days: an outage then is worth a day of Team."""
    tenth, rest = 86_400, 10 * 86_400
    shares = [Share(9_900, tenth, MONTH), Share(-3_300, tenth, rest), Share(10_000, tenth, rest)]
    assert worth(shares, "EUR").minor == 1_000
    assert worth([Share(-3_300, tenth, rest)], "EUR").minor == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 10**12), st.integers(1, 10**8)).flatmap(
            lambda each: st.tuples(st.just(each[0]), st.integers(0, each[1]), st.just(each[1]))
        ),
        max_size=6,
    )
)
def test_it_is_never_more_than_was_paid(parts):
    shares = [Share(*part) for part in parts]
    assert 0 <= worth(shares, "EUR").minor <= sum(each.price_minor for each in shares)


def test_the_same_hours_of_the_four_weeks_before_are_comparable():
    outage = Period(NOW - timedelta(hours=2), NOW)
    found = comparable(outage)
    assert [each.start.weekday() for each in found] == [outage.start.weekday()] * 5
    assert [(outage.start - each.start).days for each in found] == [0, 7, 14, 21, 28]
    assert {each.end - each.start for each in found} == {timedelta(hours=2)}


def test_overlap_is_half_open_and_in_whole_seconds():
    outage = Period(NOW, NOW + timedelta(hours=2))
    assert overlap(outage, Period(NOW - timedelta(hours=1), NOW)) == 0
    assert overlap(outage, Period(NOW + timedelta(minutes=30), NOW + timedelta(days=1))) == 5_400


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"title": " "}, "title", "title_missing"),
        ({"title": "x" * 121}, "title", "title_too_long"),
        ({"ends_at": NOW - timedelta(days=2)}, "ends_at", "outage_ends_before_it_starts"),
        ({"ends_at": NOW + timedelta(minutes=1)}, "ends_at", "outage_is_not_over"),
        ({"starts_at": NOW - timedelta(days=40)}, "ends_at", "outage_too_long"),
        (
            {"starts_at": NOW - timedelta(days=400), "ends_at": NOW - timedelta(days=399)},
            "starts_at",
            "outage_too_old",
        ),
        ({"reason": ""}, "reason", "reason_missing"),
        ({"reason": "x" * 10_000}, "reason", "reason_too_long"),
    ],
)
def test_what_cannot_be_recorded_names_its_field(changed, field, code):
    told = {
        "title": "Exports did not start",
        "starts_at": NOW - timedelta(hours=26),
        "ends_at": NOW - timedelta(hours=24),
        "reason": "The queue stood still.",
        "now": NOW,
    } | changed
    with pytest.raises(InvalidInput) as refused:
        check_outage(**told)
    assert (refused.value.field, refused.value.code) == (field, code)
