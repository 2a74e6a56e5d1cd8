"""What a change in the middle of a period bills and gives back, in dates and cents."""

from dataclasses import replace

import pytest

from billing.errors import Conflict, InvalidInput
from billing.subscriptions.changing_rules import change_now, move_date, period_piece
from billing.subscriptions.plans import Item
from tests.billing.subscriptions.plans import (
    BUSINESS,
    BUSINESS_YEARLY,
    DOLLARS,
    FLAT,
    FREE,
    TEAM,
    TEAM_YEARLY,
    billed,
    day,
    during,
    on,
)


def amounts(pieces):
    return [(piece.kind, piece.amount_minor) for piece in pieces]


def whole(facts, line_id=1, given=0):
    return [billed(period_piece(facts.main, facts.period), line_id, given=given)]


def test_an_upgrade_in_the_middle_gives_back_half_and_bills_half():
    facts = on(TEAM)
    done = change_now(facts, Item(BUSINESS, 1, id=7), whole(facts), day("2026-04-16"))
    assert amounts(done.pieces) == [("proration_credit", -1_500), ("proration_charge", 4_950)]
    assert done.period == facts.period
    assert done.anchor_at == facts.anchor_at
    credit = done.pieces[0]
    assert credit.takes_back.invoice_number == "H-1"
    assert credit.takes_back.rate == 19
    assert credit.why["share"] == "1/2"


def test_more_seats_cost_the_rest_of_the_period():
    facts = on(TEAM, 5)
    done = change_now(facts, Item(TEAM, 8, id=7), whole(facts), day("2026-04-16"))
    assert sum(piece.amount_minor for piece in done.pieces) == 4_500


def test_another_interval_begins_a_whole_new_period():
    facts = on(TEAM)
    done = change_now(facts, Item(TEAM_YEARLY, 1, id=7), whole(facts), day("2026-04-11"))
    assert amounts(done.pieces) == [("proration_credit", -2_000), ("subscription", 30_000)]
    assert done.period == during("2026-04-11", "2027-04-11")
    assert done.anchor_at == day("2026-04-11")


def test_from_free_to_paid_a_whole_period_begins():
    facts = on(FREE)
    done = change_now(facts, Item(TEAM, 2, id=7), [], day("2026-04-11"))
    assert amounts(done.pieces) == [("subscription", 6_000)]
    assert done.period == during("2026-04-11", "2026-05-11")


def test_from_paid_to_free_only_gives_back():
    facts = on(TEAM)
    done = change_now(facts, Item(FREE, 1, id=7), whole(facts), day("2026-04-16"))
    assert amounts(done.pieces) == [("proration_credit", -1_500)]
    assert done.period == facts.period


def test_a_second_change_gives_nothing_back_twice():
    facts = on(TEAM)
    first = whole(facts)[0]
    up = change_now(facts, Item(BUSINESS, 1, id=7), [first], day("2026-04-11"))
    credit, charge = up.pieces
    lines = [replace(first, given_minor=-credit.amount_minor), billed(charge, 2, "H-2")]
    again = change_now(facts.with_main(up.item), Item(TEAM, 1, id=7), lines, day("2026-04-21"))
    # Of the 66.00 for the last 20 days half is given back, and 10 days of Team cost 10.00.
    assert amounts(again.pieces) == [("proration_credit", -3_300), ("proration_charge", 1_000)]


def test_what_a_credit_note_took_off_is_not_given_back():
    facts = on(TEAM)
    half = replace(whole(facts)[0], amount_minor=1_500)
    done = change_now(facts, Item(BUSINESS, 1, id=7), [half], day("2026-04-16"))
    assert done.pieces[0].amount_minor == -750


def test_by_the_day_the_day_of_the_change_is_the_new_plans():
    facts = on(TEAM, basis="day")
    done = change_now(facts, Item(BUSINESS, 1, id=7), whole(facts), day("2026-04-16T17:30:00"))
    assert amounts(done.pieces) == [("proration_credit", -1_500), ("proration_charge", 4_950)]


def test_in_a_trial_nothing_is_billed():
    facts = on(TEAM, state="trialing", trial_ends_at=day("2026-05-01"))
    done = change_now(facts, Item(BUSINESS, 1, id=7), [], day("2026-04-16"))
    assert done.pieces == ()
    assert done.period == facts.period


@pytest.mark.parametrize("seats", [0, -1, 10_000_000])
def test_seats_that_cannot_be_are_refused(seats):
    with pytest.raises(InvalidInput, match="Seats: a number from 1 to 1,000,000"):
        change_now(on(TEAM), Item(TEAM, seats, id=7), [], day("2026-04-16"))


def test_what_is_no_plan_of_it_is_refused():
    facts, now = on(TEAM), day("2026-04-16")
    with pytest.raises(InvalidInput, match="is in EUR, this price in USD"):
        change_now(facts, Item(DOLLARS, 1, id=7), [], now)
    with pytest.raises(InvalidInput, match="leave 1"):
        change_now(facts, Item(FLAT, 2, id=7), [], now)
    with pytest.raises(InvalidInput, match="is what it is on"):
        change_now(facts, Item(TEAM, 1, id=7), [], now)
    with pytest.raises(Conflict, match="not billed yet"):
        change_now(facts, Item(BUSINESS, 1, id=7), [], day("2026-05-01"))
    with pytest.raises(Conflict, match="no period"):
        change_now(replace(facts, period=None), Item(BUSINESS, 1, id=7), [], now)


def test_billing_earlier_gives_back_what_lies_beyond():
    facts = on(BUSINESS)
    done = move_date(facts, day("2026-04-21"), whole(facts), day("2026-04-11"))
    assert amounts(done.pieces) == [("proration_credit", -3_300)]
    assert done.period == during("2026-04-01", "2026-04-21")
    # A change after that costs what its days cost: 21 March to 21 April has 31 of them.
    moved = replace(facts, period=done.period, anchor_at=done.anchor_at)
    line = replace(whole(facts)[0], given_minor=3_300)
    up = change_now(moved, Item(TEAM, 1, id=7), [line], day("2026-04-11"))
    assert amounts(up.pieces) == [("proration_credit", -3_300), ("proration_charge", round(3_000 * 10 / 31))]


def test_billing_later_bills_the_days_between():
    facts = on(BUSINESS_YEARLY, start="2026-04-01", end="2027-04-01")
    done = move_date(facts, day("2027-06-01"), whole(facts), day("2026-04-11"))
    assert amounts(done.pieces) == [("proration_charge", round(99_000 * 61 / 366))]
    with pytest.raises(InvalidInput, match="at the latest"):
        move_date(facts, day("2028-05-01"), whole(facts), day("2026-04-11"))
    with pytest.raises(InvalidInput, match="still to come"):
        move_date(facts, day("2026-04-11"), whole(facts), day("2026-04-11"))
