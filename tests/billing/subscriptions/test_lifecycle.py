"""Starting, ending, pausing, moving and starting again, in dates and cents."""

import pytest

from billing.errors import Conflict, InvalidInput
from billing.ids import form_key
from billing.models import CreditAccount, CreditNote, Subscription, SubscriptionChange
from billing.subscriptions.extending_trials import extend_trial
from billing.subscriptions.moving_dates import move_billing_date
from billing.subscriptions.reactivating import reactivate_subscription
from billing.subscriptions.undoing import undo_cancel
from tests import make
from tests.billing.subscriptions import life
from tests.billing.subscriptions.plans import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return life.price(life.tier("Team", 3_000, rank=1, trial_days=14), 3_000)


def test_it_starts_with_its_first_invoice_and_its_credits(team):
    begun = life.started("2026-01-31T09:30:00", team, 2, asked_by="customer")
    row, invoice = begun.subscription, begun.invoice
    assert (row.state, row.asked_by, row.proration_basis) == ("active", "customer", "second")
    assert row.current_period_end == day("2026-02-28T09:30:00")
    assert (invoice.net_minor, invoice.state) == (6_000, "open")
    assert life.grants(row) == [("2026-01-31", 6_000)]
    assert life.mrr(row) == [("2026-01-31", "new", 6_000)]
    life.run_until(row, "2026-04-30T09:30:00")
    assert [at for at, _ in life.bills(row)] == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]


def test_the_same_form_starts_once(team):
    who, key = make.customer(), form_key()
    first = life.started("2026-01-31", team, customer=who, key=key)
    again = life.started("2026-01-31", team, customer=who, key=key)
    assert first.subscription == again.subscription and first.invoice == again.invoice
    with pytest.raises(Conflict, match="something else"):
        life.started("2026-01-31", team, key=key)


def test_a_trial_costs_nothing_and_is_had_once(team):
    begun = life.started("2026-04-01", team, trial=True)
    row = begun.subscription
    assert (row.state, begun.invoice, row.trial_ends_at) == ("trialing", None, day("2026-04-15"))
    assert life.grants(row) == [("2026-04-01", 3_000)] and life.mrr(row) == []
    extend_trial(
        subscription_id=row.pk, to=day("2026-04-20"), reason="Busy", actor=life.JUDE, now=day("2026-04-10")
    )
    make.method(row.customer)
    life.run_until(row, "2026-04-20")
    row.refresh_from_db()
    assert (row.state, row.current_period_end) == ("active", day("2026-05-20"))
    assert life.bills(row) == [("2026-04-20", 3_000)]
    assert life.grants(row) == [("2026-04-01", 3_000), ("2026-04-20", 3_000)]
    assert life.mrr(row) == [("2026-04-20", "new", 3_000)]
    with pytest.raises(Conflict, match="has had a trial"):
        life.start("2026-06-01", team, customer=row.customer, trial=True)


def test_a_trial_is_only_made_longer(team):
    row = life.start("2026-04-01", team, trial=True)
    ask = {"subscription_id": row.pk, "reason": "Busy", "actor": life.JUDE}
    with pytest.raises(InvalidInput, match="a day after 15 April 2026"):
        extend_trial(to=day("2026-04-15"), now=day("2026-04-10"), **ask)
    with pytest.raises(InvalidInput, match="at the latest"):
        extend_trial(to=day("2028-04-15"), now=day("2026-04-10"), **ask)
    with pytest.raises(Conflict, match="ended on"):
        extend_trial(to=day("2026-05-15"), now=day("2026-04-15"), **ask)
    paid = life.start("2026-04-01", team)
    with pytest.raises(Conflict, match="not in a trial"):
        extend_trial(to=day("2026-05-15"), now=day("2026-04-10"), **ask | {"subscription_id": paid.pk})


def test_what_cannot_start_is_refused(team):
    plain = life.price(life.tier("Plain"), 1_000)
    flat = life.price(life.tier("Club"), 5_000, per_seat=False)
    for of, more, words in [
        (team, {"quantity": 0}, "from 1 to"),
        (flat, {"quantity": 2}, "leave 1"),
        (plain, {"trial": True}, "Plain has none"),
        (team, {"collected_by": "gateway"}, "by a checkout"),
        (team, {"reason": ""}, "Reason"),
    ]:
        with pytest.raises(InvalidInput, match=words):
            life.start("2026-04-01", of, **more)
    nowhere = make.customer(country="")
    with pytest.raises(InvalidInput, match="Country"):
        life.start("2026-04-01", team, customer=nowhere)
    assert not Subscription.objects.exists()


def test_it_ends_with_its_period_unless_that_is_undone(team):
    row = life.start("2026-04-01", team)
    life.cancel(row, "2026-04-10")
    row.refresh_from_db()
    assert (row.cancel_at_period_end, row.cancel_at) == (True, day("2026-05-01"))
    undo_cancel(subscription_id=row.pk, reason="Stays", actor=life.JUDE, now=day("2026-04-12"))
    row.refresh_from_db()
    assert row.cancel_at is None and not row.cancel_at_period_end
    with pytest.raises(Conflict, match="nothing to undo"):
        undo_cancel(subscription_id=row.pk, reason="Stays", actor=life.JUDE, now=day("2026-04-12"))
    life.cancel(row, "2026-04-20", asked_by="customer")
    life.run_until(row, "2026-07-01")
    row.refresh_from_db()
    assert (row.state, row.ended_at) == ("canceled", day("2026-05-01"))
    assert life.mrr(row)[-1] == ("2026-05-01", "churn", -3_000)
    assert len(life.bills(row)) == 1


def test_ended_now_the_unused_time_is_credited_if_asked(team):
    row = life.start("2026-04-01", team)
    life.cancel(row, "2026-04-16", "now", give_back=True, key=form_key())
    row.refresh_from_db()
    assert (row.state, row.ended_at) == ("canceled", day("2026-04-16"))
    note = CreditNote.objects.get(invoice__subscription=row)
    invoice = note.invoice
    assert (note.net_minor, note.total_minor) == (1_500, round(invoice.total_minor / 2))
    kept = life.start("2026-04-01", team)
    life.cancel(kept, "2026-04-16", "now")
    assert not CreditNote.objects.filter(invoice__subscription=kept).exists()


def test_a_pause_gives_back_and_a_resume_begins_a_new_period(team):
    row = life.start("2026-04-01", team)
    life.pause(row, "2026-04-16", resumes_at=day("2026-06-10"))
    assert life.waits(row) == -1_500
    assert life.mrr(row)[-1] == ("2026-04-16", "contraction", -3_000)
    row.refresh_from_db()
    assert (row.state, row.paused_at) == ("paused", day("2026-04-16"))
    with pytest.raises(Conflict, match="only an active one"):
        life.pause(row, "2026-04-17")
    life.run_until(row, "2026-06-10")
    row.refresh_from_db()
    assert (row.state, row.current_period_end) == ("active", day("2026-07-10"))
    assert life.bills(row) == [("2026-04-01", 3_000), ("2026-06-10", 1_500)]
    assert life.mrr(row)[-1] == ("2026-06-10", "expansion", 3_000)
    # Half of April's credits was given back in money, so the new month's are half.
    assert life.grants(row) == [("2026-04-01", 3_000), ("2026-06-10", 1_500)]
    with pytest.raises(Conflict, match="not paused"):
        life.resume(row, "2026-06-11")


def test_the_billing_date_moves_and_only_the_days_between_are_billed(team):
    row = life.start("2026-04-01", team)
    ask = {"subscription_id": row.pk, "reason": "On the 15th", "actor": life.JUDE, "now": day("2026-04-10")}
    _, invoice = move_billing_date(to=day("2026-05-15"), key=form_key(), **ask)
    assert invoice.net_minor == round(3_000 * 14 / 31)
    life.run_until(row, "2026-06-15")
    assert [at for at, _ in life.bills(row)][-2:] == ["2026-05-15", "2026-06-15"]
    early = life.start("2026-04-01", team)
    _, none = move_billing_date(to=day("2026-04-21"), **ask | {"subscription_id": early.pk})
    assert none is None and life.waits(early) == -1_000
    life.run_until(early, "2026-04-21")
    assert life.bills(early) == [("2026-04-01", 3_000), ("2026-04-21", 2_000)]
    last = life.start("2026-04-01", team)
    with pytest.raises(InvalidInput, match="still to come"):
        move_billing_date(to=day("2026-04-09"), **ask | {"subscription_id": last.pk})


def test_started_again_it_continues_the_old_one(team):
    row = life.start("2026-04-01", team)
    ask = {"price_id": team.pk, "quantity": 3, "reason": "Came back", "actor": life.JUDE}
    with pytest.raises(Conflict, match="has not ended"):
        reactivate_subscription(subscription_id=row.pk, key=form_key(), now=day("2026-04-20"), **ask)
    life.cancel(row, "2026-04-16", "now")
    key = form_key()
    again = reactivate_subscription(subscription_id=row.pk, key=key, now=day("2026-06-05"), **ask)
    twice = reactivate_subscription(subscription_id=row.pk, key=key, now=day("2026-06-05"), **ask)
    assert again.subscription == twice.subscription
    assert again.subscription.continues == row
    assert again.invoice.net_minor == 9_000
    assert life.mrr(row)[-1] == ("2026-06-05", "reactivation", 9_000)
    with pytest.raises(Conflict, match="continues"):
        reactivate_subscription(subscription_id=row.pk, key=form_key(), now=day("2026-06-06"), **ask)


def test_every_change_says_who_asked_and_why(team):
    row = life.start("2026-04-01", team)
    life.pause(row, "2026-04-05", asked_by="customer", reason="Holidays")
    life.resume(row, "2026-04-10", asked_by="system", reason="Back")
    life.cancel(row, "2026-04-12", asked_by="customer", reason="Too dear")
    told = SubscriptionChange.objects.filter(subscription=row).order_by("at")
    assert [(each.kind, each.asked_by, each.reason) for each in told] == [
        ("start", "staff", "Ordered by telephone"),
        ("pause", "customer", "Holidays"),
        ("resume", "system", "Back"),
        ("cancel", "customer", "Too dear"),
    ]
    assert CreditAccount.objects.filter(customer=row.customer, unit="tokens").exists()
