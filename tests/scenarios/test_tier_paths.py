"""Two years of each way through the tiers, in dates and cents: what is billed, granted and counted when."""

import pytest

from billing.models import Subscription
from tests import make
from tests.billing.subscriptions import life

pytestmark = pytest.mark.django_db


@pytest.fixture
def plans():
    free = life.tier("Free", 100, rank=0)
    team = life.tier("Team", 1_000, rank=1, trial_days=14)
    business = life.tier("Business", 5_000, rank=2)
    return {
        "free": life.price(free, 0),
        "team": life.price(team, 3_000),
        "team_yearly": life.price(team, 30_000, "year"),
        "business": life.price(business, 9_900),
        "business_yearly": life.price(business, 99_000, "year"),
    }


def totals(row: Subscription) -> tuple[int, int]:
    """How many invoices, and what they come to without tax."""
    bills = life.bills(row)
    return len(bills), sum(net for _, net in bills)


def test_free_for_two_years_is_never_billed(plans):
    row = life.start("2025-01-31", plans["free"])
    row = life.run_until(row, "2027-01-31")
    assert totals(row) == (0, 0)
    assert len(life.grants(row)) == 25
    assert life.mrr(row) == []
    assert row.current_period_end.date().isoformat() == "2027-02-28"


def test_monthly_from_the_31st_of_january(plans):
    row = life.run_until(life.start("2025-01-31", plans["team"]), "2027-01-30")
    bills = life.bills(row)
    assert [at for at, _ in bills[:5]] == [
        "2025-01-31",
        "2025-02-28",
        "2025-03-31",
        "2025-04-30",
        "2025-05-31",
    ]
    assert totals(row) == (24, 72_000)
    assert life.mrr(row) == [("2025-01-31", "new", 3_000)]
    assert len(life.grants(row)) == 24


def test_yearly_from_the_29th_of_february(plans):
    row = life.run_until(life.start("2024-02-29", plans["team_yearly"]), "2026-03-01")
    assert life.bills(row) == [("2024-02-29", 30_000), ("2025-02-28", 30_000), ("2026-02-28", 30_000)]
    months = [at for at, _ in life.grants(row)]
    assert months[:4] == ["2024-02-29", "2024-03-29", "2024-04-29", "2024-05-29"]
    assert len(months) == 25 and life.mrr(row) == [("2024-02-29", "new", 2_500)]


def test_trial_then_team_then_business_then_back_then_gone(plans):
    row = life.start("2025-01-01", plans["team"], trial=True)
    make.method(row.customer)
    row = life.run_until(row, "2025-06-20")
    assert life.bills(row) == [(f"2025-0{month}-15", 3_000) for month in range(1, 7)]
    life.change(row, "2025-06-30", plans["business"])
    row = life.run_until(row, "2025-12-20")
    life.change(row, "2025-12-20", plans["team"], when="period_end")
    row = life.run_until(row, "2026-12-20")
    life.cancel(row, "2026-12-20")
    row = life.run_until(row, "2027-02-01")
    # Half of June's period (15 June to 15 July has 30 days) at each price.
    middle = -1_500 + 4_950
    assert totals(row) == (1 + 24, 6 * 3_000 + middle + 6 * 9_900 + 12 * 3_000)
    assert life.mrr(row) == [
        ("2025-01-15", "new", 3_000),
        ("2025-06-30", "expansion", 6_900),
        ("2026-01-15", "contraction", -6_900),
        ("2027-01-15", "churn", -3_000),
    ]
    assert (row.state, row.ended_at.date().isoformat()) == ("canceled", "2027-01-15")


def test_monthly_to_yearly_and_back_to_monthly(plans):
    row = life.run_until(life.start("2025-01-01", plans["team"]), "2025-03-11")
    done = life.change(row, "2025-03-11", plans["team_yearly"])
    # 21 of March's 31 days are unused.
    assert life.lines(done.invoice) == [("proration_credit", -2_032), ("subscription", 30_000)]
    row = life.run_until(row, "2025-09-11")
    back = life.change(row, "2025-09-11", plans["team"])
    # 181 of the year's 365 days are unused: more than a month costs, so the rest waits for the next invoices.
    unused = round(30_000 * 181 / 365)
    assert back.invoice.total_minor == 0 and life.waits(row) == -(unused - 3_000)
    row = life.run_until(row, "2027-01-01")
    assert life.waits(row) == 0
    months = 16  # from 11 September 2025 to 11 December 2026
    assert totals(row)[1] == 3 * 3_000 - 2_032 + 30_000 - unused + months * 3_000


def test_seats_come_and_go(plans):
    row = life.run_until(life.start("2025-01-01", plans["team"], 5), "2025-04-16")
    up = life.change(row, "2025-04-16", plans["team"], 8)
    assert sum(net for _, net in life.lines(up.invoice)) == 4_500
    row = life.run_until(row, "2025-06-16")
    life.change(row, "2025-06-16", plans["team"], 2)
    assert life.waits(row) + sum(net for _, net in life.bills(row)) == (
        4 * 15_000 + 4_500 + 2 * 24_000 - 9_000
    )
    row = life.run_until(row, "2027-01-01")
    assert totals(row)[1] == 4 * 15_000 + 4_500 + 2 * 24_000 - 9_000 + 19 * 6_000
    assert life.mrr(row)[-1] == ("2025-06-16", "contraction", -18_000)


def test_pausing_every_winter(plans):
    row = life.run_until(life.start("2025-03-01", plans["business"]), "2025-11-16")
    life.pause(row, "2025-11-16")
    row = life.run_until(row, "2026-03-16")
    life.resume(row, "2026-03-16")
    row = life.run_until(row, "2026-12-31")
    # March to the middle of November, and ten periods from the middle of March on.
    assert totals(row)[1] + life.waits(row) == 8 * 9_900 + 4_950 + 10 * 9_900
    kinds = [kind for _, kind, _ in life.mrr(row)]
    assert kinds == ["new", "contraction", "expansion"]


def test_free_paid_free_paid(plans):
    row = life.run_until(life.start("2025-01-01", plans["free"]), "2025-02-11")
    life.change(row, "2025-02-11", plans["business_yearly"])
    row = life.run_until(row, "2026-01-05")
    life.change(row, "2026-01-05", plans["free"], when="period_end")
    row = life.run_until(row, "2026-05-01")
    life.change(row, "2026-05-01", plans["team"])
    row = life.run_until(row, "2026-12-31")
    assert totals(row) == (9, 99_000 + 8 * 3_000)
    assert life.mrr(row) == [
        ("2025-02-11", "new", 8_250),
        ("2026-02-11", "churn", -8_250),
        ("2026-05-01", "reactivation", 3_000),
    ]
