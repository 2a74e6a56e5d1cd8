"""A year's term paid monthly, in dates and cents: canceled in spring, billed to its end, and not beyond."""

from datetime import timedelta

import pytest

from billing.ids import form_key
from billing.models import Commitment, Invoice, Subscription
from billing.subscriptions import commitments
from billing.subscriptions.commitments.watching import watch_commitments
from tests.billing.subscriptions import life
from tests.billing.subscriptions.plans import day

pytestmark = [pytest.mark.scenario, pytest.mark.django_db]


def test_a_year_paid_monthly_is_canceled_in_april_and_ends_in_january() -> None:
    team = life.price(life.tier("Team"), 4_900, per_seat=True)
    row = life.start("2026-01-31", team, 3)
    made = commitments.agree_on_commitment(
        subscription_id=row.pk, months=12, renews=True, agreed_by="customer", reason="Order form",
        actor=life.JUDE, now=day("2026-02-02"), form_key=form_key(),
    )  # fmt: skip
    assert (f"{made.starts_on}", f"{made.ends_on}") == ("2026-01-31", "2027-01-31")

    life.run_until(row, "2026-04-10")
    row = life.cancel(row, "2026-04-12", "period_end")
    assert row.cancel_at == made.ends_at and row.state == "active"
    assert Commitment.objects.get().state == "confirmed"

    life.run_until(row, "2026-08-05")
    watch_commitments(now=day("2026-08-06"))
    assert Commitment.objects.get().state == "confirmed"

    row = life.run_until(row, "2027-06-30")
    days = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30",
            "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31"]  # fmt: skip
    assert life.bills(row) == [(each, 14_700) for each in days]
    last = Invoice.objects.filter(subscription=row).latest("pk").lines.get()
    assert last.period_end == made.ends_at
    assert sum(net for _, net in life.bills(row)) == 12 * 3 * 4_900 == 176_400

    assert (row.state, row.ended_at) == ("canceled", made.ends_at)
    assert life.mrr(row) == [("2026-01-31", "new", 14_700), ("2027-01-31", "churn", -14_700)]
    watch_commitments(now=made.ends_at + timedelta(hours=1))
    ended = Commitment.objects.get()
    assert (ended.state, ended.found) == ("ended", "It ended on 31 January 2027.")


def test_kept_customers_stay_for_the_next_year_at_the_same_price() -> None:
    team = life.price(life.tier("Team"), 4_900)
    row = life.start("2026-03-15", team)
    made = commitments.agree_on_commitment(
        subscription_id=row.pk, months=12, renews=True, agreed_by="customer", reason="Order form",
        actor=life.JUDE, now=day("2026-03-15"), form_key=form_key(),
    )  # fmt: skip
    life.cancel(row, "2026-05-02")
    commitments.withdraw_cancel(commitment_id=made.pk, reason="Stays", actor=life.JUDE, now=day("2026-06-01"))
    life.run_until(row, "2027-04-20")
    watch_commitments(now=day("2027-04-20"))
    assert len(life.bills(row)) == 14 and Subscription.objects.get(pk=row.pk).state == "active"
    first, second = Commitment.objects.order_by("pk")
    assert (first.state, second.state) == ("ended", "agreed")
    assert (f"{second.starts_on}", f"{second.ends_on}") == ("2027-03-15", "2028-03-15")
