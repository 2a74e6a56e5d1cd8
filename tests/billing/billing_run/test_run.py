"""Billing what is due: once, all of it, whoever fails."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.errors import Conflict
from billing.jobs.models import Run
from billing.models import (
    BillingBatch,
    CreditLot,
    HistoryEntry,
    Invoice,
    InvoiceLine,
    Subscription,
    TierCredits,
)
from billing.usage.gaps import close_gap, note_gap
from tests import make
from tests.billing.billing_run.desk import (
    BEGAN,
    INES,
    NOW,
    begin,
    bill,
    carry_out,
    due,
    failures,
    invoices_of,
    totals,
)
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db

#: Rows of tests have no story of their own.
NOT_TOLD = {"states_are_told", "mrr_is_its_movements"}


def test_what_is_due_is_invoiced_and_moved_to_its_next_period():
    (row,) = due()
    run = bill()

    row.refresh_from_db()
    assert row.current_period_start == datetime(2026, 11, 18, 9, tzinfo=UTC)
    assert row.current_period_end == datetime(2026, 12, 18, 9, tzinfo=UTC)
    (invoice,) = invoices_of(row)
    assert (invoice.state, invoice.net_minor, invoice.tax_minor) == ("open", 9900, 1881)
    assert invoice.cause == f"renewal:{row.pk}:2026-11-18T09:00:00Z"
    assert invoice.number
    assert invoice.collect_at == NOW
    line = InvoiceLine.objects.get(invoice=invoice)
    assert (line.period_start, line.period_end) == (row.current_period_start, row.current_period_end)
    assert (run.state, run.total, run.done, run.failed) == ("done", 1, 1, 0)
    assert HistoryEntry.objects.filter(
        subject_kind="subscription", subject_id=row.pk, kind="renewed"
    ).exists()
    assert set(what_is_broken()) <= NOT_TOLD


def test_a_rerun_bills_nobody_twice():
    (row,) = due()
    bill()
    with pytest.raises(Conflict, match="Nothing is due"):
        begin()
    later = bill(NOW + timedelta(days=31))

    assert len(invoices_of(row)) == 2
    assert later.done == 1


def test_an_invoice_that_exists_for_the_period_is_not_written_again():
    (row,) = due()
    bill()
    Subscription.objects.filter(pk=row.pk).update(
        current_period_start=BEGAN, current_period_end=row.current_period_end
    )
    bill(NOW + timedelta(hours=2))

    assert len(invoices_of(row)) == 1, "its cause is taken"


def test_what_is_not_due_or_not_ours_or_not_billable_is_left_alone():
    left = [
        *due(began=NOW - timedelta(days=3)),
        *due(collected_by="gateway"),
        *due(state="paused"),
        *due(state="unpaid"),
        *due(state="canceled", ended_at=NOW),
        *due(state="incomplete"),
    ]
    (row,) = due()
    run = bill()

    assert run.total == 1
    assert len(invoices_of(row)) == 1
    assert [invoices_of(each) for each in left] == [[]] * len(left)


def test_one_that_fails_stops_nobody_and_says_why():
    rows = due(5)
    bad = rows[2]
    bad.customer.country = ""
    bad.customer.save(update_fields=["country"])
    run = bill()

    assert [len(invoices_of(each)) for each in rows] == [1, 1, 0, 1, 1]
    assert (run.state, run.total, run.done, run.failed) == ("done", 5, 5, 1)
    (sentence,) = failures(run).values()
    assert "country" in sentence.lower()
    bad.refresh_from_db()
    assert bad.current_period_start == BEGAN, "nothing of it was written"
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert [int(number[-6:]) for number in numbers] == list(range(1, 5)), "and no number is missing"


def test_what_the_books_refuse_is_found_among_the_others():
    rows = due(7)
    from django.db import connection

    bad = rows[4]

    # A row that nobody could have foreseen: the number of its own invoice is too long for the books.
    def renew(some, *, until, actor, now):
        from billing.billing_run.renewing import renew_batch

        done = renew_batch(some, until=until, actor=actor, now=now)
        if bad.pk in {each.pk for each in some}:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE billing_subscription SET current_period_end = current_period_start WHERE id = %s",
                    [bad.pk],
                )
        return done

    run = carry_out(begin(), renew=renew)
    assert [len(invoices_of(each)) for each in rows] == [1, 1, 1, 1, 0, 1, 1]
    assert failures(run) == {
        bad.reference: f"{bad.reference} breaks what the books hold: "
        "subscription period ends after it starts."
    }


def test_a_bug_in_one_is_a_sentence_too():
    rows = due(3)

    def renew(some, *, until, actor, now):
        from billing.billing_run.renewing import renew_batch

        if rows[1].pk in {each.pk for each in some}:
            raise KeyError("plan")
        return renew_batch(some, until=until, actor=actor, now=now)

    run = carry_out(begin(), renew=renew)
    assert [len(invoices_of(each)) for each in rows] == [1, 0, 1]
    assert "KeyError" in failures(run)[rows[1].reference]


def test_what_failed_is_tried_again_in_the_same_run():
    from billing.billing_run.steering import retry_failed

    good, bad = due(2)
    bad.customer.country = ""
    bad.customer.save(update_fields=["country"])
    run = bill()
    assert run.failed == 1

    bad.customer.country = "RO"
    bad.customer.save(update_fields=["country"])
    carry_out(retry_failed(run=run, actor=INES, now=NOW))

    run.refresh_from_db()
    assert (run.state, run.done, run.failed) == ("done", 2, 0)
    assert run.rows.get(subject_id=bad.pk).message == "Billed when it was tried again"
    assert (totals(good), totals(bad)) == ([11781], [9900 + 2079])
    with pytest.raises(Conflict, match="Nothing in this run failed"):
        retry_failed(run=run, actor=INES, now=NOW)


def test_days_that_were_missed_are_caught_up_each_period_by_itself():
    began = datetime(2026, 1, 31, 9, tzinfo=UTC)
    (row,) = due(began=began)
    run = bill(datetime(2026, 6, 1, 9, 30, tzinfo=UTC))

    lines = InvoiceLine.objects.filter(invoice__subscription=row).order_by("period_start")
    assert [f"{line.period_start:%d %b}" for line in lines] == ["28 Feb", "31 Mar", "30 Apr", "31 May"]
    assert totals(row) == [11781] * 4
    assert (run.total, run.done) == (4, 4), "a period more is a renewal more"


def test_it_ends_with_its_period_when_that_was_asked():
    (row,) = due(
        cancel_at_period_end=True, cancel_at=datetime(2026, 11, 18, 9, tzinfo=UTC), canceled_at=BEGAN
    )
    bill()

    row.refresh_from_db()
    assert (row.state, row.ended_at) == ("canceled", datetime(2026, 11, 18, 9, tzinfo=UTC))
    assert invoices_of(row) == []


def test_a_change_that_waited_comes_into_force():
    (row,) = due()
    planned = make.pending_change(row, quantity=3)
    bill()

    assert row.items.get().quantity == 3
    planned.refresh_from_db()
    assert planned.applied_at == NOW
    assert [each.net_minor for each in invoices_of(row)] == [29700]
    assert row.changes.get().kind == "renew"


@pytest.mark.parametrize(
    ("has_card", "state", "billed"), [(True, "active", [11781]), (False, "canceled", [])]
)
def test_a_trial_goes_on_or_ends(has_card, state, billed):
    began = datetime(2026, 11, 4, 9, tzinfo=UTC)
    over = began + timedelta(days=14)
    (row,) = due(
        began=began, state="trialing", trial_ends_at=over, current_period_start=began, current_period_end=over
    )
    if has_card:
        make.method(row.customer)
    bill()

    row.refresh_from_db()
    assert (row.state, totals(row)) == (state, billed)


def test_credits_of_the_period_are_granted_with_it():
    price = make.price()
    TierCredits.objects.create(tier=price.tier, unit="tokens", amount=500, per="period")
    (row,) = due(at=price)
    bill()

    lot = CreditLot.objects.get(subscription=row)
    assert (lot.amount, lot.grant_period) == (500, datetime(2026, 11, 18, tzinfo=UTC).date())


def test_a_free_plan_is_renewed_without_an_invoice():
    (row,) = due(at=make.price(unit_amount_minor=0))
    run = bill()

    row.refresh_from_db()
    assert row.current_period_end > NOW
    assert (run.done, invoices_of(row)) == (1, [])


def test_batches_tell_what_they_did():
    due(5)
    bill(limit=2)

    told = BillingBatch.objects.order_by("pk")
    assert [each.renewed for each in told] == [2, 2, 1]
    assert told[0].totals["EUR"] == {
        "invoices": 2,
        "net_minor": 19800,
        "tax_minor": 3762,
        "total_minor": 23562,
    }


def test_two_subscriptions_of_one_customer_in_one_batch():
    price = make.price()
    first, second = due(2, at=price)
    Subscription.objects.filter(pk=second.pk).update(customer=first.customer)
    run = bill()
    assert (run.failed, totals(first), totals(second)) == (0, [11781], [11781])


def test_a_run_that_is_held_stops_and_goes_on():
    from billing.billing_run.steering import pause, resume

    rows = due(3)
    run = begin()
    pause(run=run, actor=INES, now=NOW)
    assert carry_out(run).done == 0
    carry_out(resume(run=run, actor=INES, now=NOW))
    assert [len(invoices_of(each)) for each in rows] == [1, 1, 1]
    assert Run.objects.get(pk=run.pk).state == "done"


def test_unknown_usage_stops_the_subscriptions_it_concerns_until_it_is_known():
    priced = make.price()
    quota = make.quota(priced.tier)
    bad, good = due(2, at=priced)
    (other,) = due()
    gap = note_gap(
        meter=quota.meter.slug,
        customer_id=bad.customer_id,
        starts_at=BEGAN + timedelta(days=3),
        ends_at=BEGAN + timedelta(days=4),
        reason="The collector in Frankfurt was down",
        actor=INES,
        now=NOW,
    )
    run = bill()

    assert [totals(bad), totals(good), totals(other)] == [[], [11781], [11781]]
    assert failures(run)[bad.reference] == (
        f"{bad.reference} is not billed: its usage of API calls is not known from 21 October 2026 to "
        "22 October 2026. Report it and close the gap, then try again."
    )
    close_gap(gap_id=gap.pk, reason="All of it was sent again", actor=INES, now=NOW)
    bill(NOW + timedelta(minutes=1))
    assert totals(bad) == [11781]
