"""What the end of a period brings: periods from the anchor, trials, planned changes, ends."""

from dataclasses import replace

import pytest

from billing.subscriptions.plans import Planned
from billing.subscriptions.renewing_rules import is_due, renew
from tests.billing.subscriptions.plans import BUSINESS, FREE, TEAM, TEAM_YEARLY, day, during, on


def after(facts, step):
    return replace(
        facts.with_main(step.item),
        state=step.state,
        anchor_at=step.anchor_at,
        period=step.period,
        planned=None,
    )


def ends(facts, count):
    told = []
    for _ in range(count):
        step = renew(facts)
        facts = after(facts, step)
        told.append(f"{facts.period.end:%Y-%m-%d}")
    return told


def test_periods_are_counted_from_the_anchor():
    assert ends(on(TEAM, start="2026-01-31", end="2026-02-28"), 3) == [
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
    ]


def test_the_29th_of_february_comes_back_in_leap_years():
    yearly = on(TEAM_YEARLY, start="2024-02-29", end="2025-02-28")
    assert ends(yearly, 4) == ["2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"]


def test_a_renewal_bills_the_next_period_under_a_cause_of_its_own():
    step = renew(on(BUSINESS, 3))
    assert [(piece.kind, piece.amount_minor) for piece in step.pieces] == [("subscription", 29_700)]
    assert step.period == during("2026-05-01", "2026-06-01")
    assert step.cause == "renewal:1:2026-05-01T00:00:00Z"
    assert step.state == "active"


def test_a_trial_becomes_a_paid_period_counted_from_its_end():
    trial = on(TEAM, start="2026-04-01", end="2026-04-15", state="trialing", trial_ends_at=day("2026-04-15"))
    step = renew(trial)
    assert (step.what, step.state) == ("converted", "active")
    assert step.period == during("2026-04-15", "2026-05-15")
    assert step.anchor_at == day("2026-04-15")
    ended = renew(trial, trial_end="cancel")
    assert (ended.what, ended.state, ended.pieces) == ("trial_ended", "canceled", ())
    waits = renew(trial, trial_end="pause")
    assert (waits.what, waits.state, waits.pieces) == ("trial_paused", "paused", ())


def test_what_is_to_end_bills_nothing():
    step = renew(on(TEAM, cancel_at=day("2026-05-01")))
    assert (step.what, step.state, step.at, step.pieces) == ("ended", "canceled", day("2026-05-01"), ())
    assert renew(on(TEAM, cancel_at=day("2026-06-01"))).what == "renewed"  # the end of a commitment


def test_a_planned_change_comes_with_the_next_period():
    step = renew(on(TEAM, planned=Planned(9, BUSINESS, 2)))
    assert (step.what, step.planned_id) == ("changed", 9)
    assert [piece.amount_minor for piece in step.pieces] == [19_800]
    yearly = renew(on(TEAM, start="2026-01-31", end="2026-02-28", planned=Planned(9, TEAM_YEARLY, 1)))
    assert yearly.period == during("2026-02-28", "2027-02-28")
    assert yearly.anchor_at == day("2026-02-28")


def test_a_discount_stays_with_its_price():
    kept = renew(on(TEAM, 2, discount_minor=500, planned=Planned(9, TEAM, 3)))
    assert kept.pieces[0].amount_minor == 8_500
    gone = renew(on(TEAM, 2, discount_minor=500, planned=Planned(9, BUSINESS, 2)))
    assert gone.pieces[0].amount_minor == 19_800


def test_a_free_plan_renews_without_a_line():
    step = renew(on(FREE))
    assert step.pieces == ()
    assert step.period == during("2026-05-01", "2026-06-01")


@pytest.mark.parametrize(
    ("more", "due"),
    [
        ({}, True),
        ({"state": "past_due"}, True),
        ({"state": "trialing"}, True),
        ({"state": "paused"}, False),
        ({"state": "canceled"}, False),
        ({"collected_by": "gateway"}, False),
        ({"period": None}, False),
    ],
)
def test_only_what_we_bill_is_due(more, due):
    assert is_due(on(TEAM, **more), day("2026-05-01")) is due
    assert not is_due(on(TEAM), day("2026-04-30T23:59:59"))
