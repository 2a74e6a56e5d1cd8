"""Changing a plan: money, credits, MRR, the record of it, and what is refused."""

import pytest

from billing.errors import Conflict, InvalidInput
from billing.ids import form_key
from billing.models import HistoryEntry, Invoice, PendingChange, Subscription, SubscriptionChange
from billing.subscriptions.undoing import undo_planned_change
from tests import make
from tests.billing.subscriptions import life
from tests.billing.subscriptions.plans import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def plans():
    team, business = life.tier("Team", 3_000, rank=1), life.tier("Business", 9_000, rank=2)
    free = life.tier("Free", 100, rank=0)
    return {
        "free": life.price(free, 0),
        "team": life.price(team, 3_000),
        "team_yearly": life.price(team, 30_000, "year"),
        "business": life.price(business, 9_900),
    }


def test_an_upgrade_bills_the_difference_and_tops_up_credits(plans):
    row = life.start("2026-04-01", plans["team"])
    done = life.change(row, "2026-04-16", plans["business"])
    assert life.lines(done.invoice) == [("proration_credit", -1_500), ("proration_charge", 4_950)]
    assert done.invoice.cause == f"change:{done.change.pk}"
    back = done.invoice.lines.get(kind="proration_credit")
    first = Invoice.objects.filter(subscription=row).order_by("pk").first()
    assert back.takes_back == first.lines.get()
    assert back.takes_back_number == first.number
    assert life.grants(row) == [("2026-04-01", 3_000), ("2026-04-16", 3_000)]
    assert life.mrr(row) == [("2026-04-01", "new", 3_000), ("2026-04-16", "expansion", 6_900)]
    row.refresh_from_db()
    assert row.current_period_end == day("2026-05-01")
    assert done.change.asked_by == "staff" and done.change.reason == "Asked by mail"
    told = HistoryEntry.objects.get(subject_kind="subscription", subject_id=row.pk, kind="plan")
    assert (told.reason, told.facts["after"]["plan"]) == ("Asked by mail", "Business, monthly")
    life.run_until(row, "2026-05-01")
    assert life.bills(row)[-1] == ("2026-05-01", 9_900)
    assert life.grants(row)[-1] == ("2026-05-01", 9_000)


def test_what_a_downgrade_gives_back_waits_for_the_next_invoice(plans):
    row = life.start("2026-04-01", plans["business"])
    done = life.change(row, "2026-04-16", plans["team"])
    assert done.invoice.total_minor == 0
    assert life.waits(row) == 1_500 - 4_950
    life.run_until(row, "2026-05-01")
    assert life.waits(row) == 1_500 - 4_950 + 3_000
    life.run_until(row, "2026-06-01")
    assert life.waits(row) == 0
    assert sum(net for _, net in life.bills(row)) == 4_950 + 1_500 + 2 * 3_000
    assert life.grants(row) == [("2026-04-01", 9_000), ("2026-05-01", 3_000), ("2026-06-01", 3_000)]


def test_to_free_and_back(plans):
    row = life.start("2026-04-01", plans["team"])
    done = life.change(row, "2026-04-16", plans["free"])
    assert done.invoice is None and life.waits(row) == -1_500
    assert life.mrr(row)[-1] == ("2026-04-16", "churn", -3_000)
    life.run_until(row, "2026-05-01")
    again = life.change(row, "2026-05-11", plans["team"])
    assert life.lines(again.invoice) == [("subscription", 3_000), ("proration_credit", -1_500)]
    assert life.mrr(row)[-1] == ("2026-05-11", "reactivation", 3_000)
    row.refresh_from_db()
    assert row.current_period_end == day("2026-06-11")


def test_to_a_yearly_price_a_year_begins_and_credits_go_on_by_the_month(plans):
    row = life.start("2026-04-01", plans["team"])
    done = life.change(row, "2026-04-16", plans["team_yearly"])
    assert life.lines(done.invoice) == [("proration_credit", -1_500), ("subscription", 30_000)]
    life.run_until(row, "2026-07-16")
    assert life.grants(row) == [
        ("2026-04-01", 3_000),
        ("2026-04-16", 1_500),
        ("2026-05-16", 3_000),
        ("2026-06-16", 3_000),
        ("2026-07-16", 3_000),
    ]
    assert len(life.bills(row)) == 2
    assert life.mrr(row)[-1] == ("2026-04-16", "contraction", -500)


def test_the_same_form_changes_once(plans):
    row, key = life.start("2026-04-01", plans["team"]), form_key()
    first = life.change(row, "2026-04-16", plans["business"], key=key)
    again = life.change(row, "2026-04-16T00:05:00", plans["business"], key=key)
    assert again.change == first.change and again.invoice == first.invoice
    assert Invoice.objects.filter(subscription=row).count() == 2
    with pytest.raises(Conflict, match="something else"):
        life.cancel(row, "2026-04-17", key=key)


def test_a_change_waits_for_the_next_period_and_comes_with_it(plans):
    row = life.start("2026-04-01", plans["business"])
    first = life.change(row, "2026-04-10", plans["team"], when="period_end", asked_by="customer")
    assert first.planned.applies_at == day("2026-05-01") and first.invoice is None
    second = life.change(row, "2026-04-11", plans["team"], 2, when="period_end")
    assert (
        PendingChange.objects.filter(withdrawn_at__isnull=True, applied_at__isnull=True).get()
        == second.planned
    )
    life.run_until(row, "2026-05-01")
    assert life.bills(row)[-1] == ("2026-05-01", 6_000)
    second.planned.refresh_from_db()
    assert second.planned.applied_at == day("2026-05-01")
    assert SubscriptionChange.objects.get(subscription=row, kind="renew").asked_by == "staff"
    assert life.mrr(row)[-1] == ("2026-05-01", "contraction", -3_900)


def test_a_planned_change_can_be_undone_and_a_change_now_withdraws_it(plans):
    row = life.start("2026-04-01", plans["business"])
    life.change(row, "2026-04-10", plans["team"], when="period_end")
    ask = {"subscription_id": row.pk, "reason": "Stays", "actor": life.JUDE, "now": day("2026-04-12")}
    undone = undo_planned_change(**ask)
    assert undone.withdrawn_at == day("2026-04-12")
    with pytest.raises(Conflict, match="No change"):
        undo_planned_change(**ask)
    later = life.change(row, "2026-04-13", plans["team"], when="period_end").planned
    life.change(row, "2026-04-14", plans["business"], 2)
    later.refresh_from_db()
    assert later.withdrawn_at == day("2026-04-14")


def test_what_cannot_be_is_refused_and_nothing_is_written(plans):
    row = life.start("2026-04-01", plans["team"])
    dollars = life.price(plans["team"].tier, 3_300, currency="USD")
    old = life.price(plans["business"].tier, 8_900, version=9, is_active=False)
    for to, quantity, words in [
        (plans["team"], 0, "from 1 to 1,000,000"),
        (plans["team"], 10_000_000, "from 1 to 1,000,000"),
        (dollars, 1, "in USD"),
        (old, 1, "no longer sold"),
        (plans["team"], 1, "is what it is on"),
    ]:
        for when in ("now", "period_end"):
            with pytest.raises(InvalidInput, match=words):
                life.change(row, "2026-04-16", to, quantity, when=when)
    with pytest.raises(InvalidInput, match="Reason"):
        life.change(row, "2026-04-16", plans["business"], reason=" ")
    with pytest.raises(Conflict, match="not billed yet"):
        life.change(row, "2026-05-02", plans["business"])
    life.cancel(row, "2026-04-16")
    with pytest.raises(Conflict, match="undo that first"):
        life.change(row, "2026-04-16", plans["business"], when="period_end")
    theirs = make.subscription(at=plans["team"], collected_by="gateway", gateway="stripe", gateway_id="sub_1")
    with pytest.raises(Conflict, match="collected by the gateway"):
        life.change(theirs, "2026-11-19", plans["business"])
    assert Subscription.objects.get(pk=row.pk).items.get().price == plans["team"]
    assert Invoice.objects.filter(subscription=row).count() == 1
