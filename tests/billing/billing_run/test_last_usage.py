"""What a subscription used before it was ended at once: on a last invoice, once, and never as none."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.billing_run.models import UsageBilled
from billing.billing_run.settling import usage_so_far
from billing.billing_run.starting import start_scheduled
from billing.errors import Conflict
from billing.models import HistoryEntry, Invoice, InvoiceLine, Run, RunRow, Subscription, UsageStream
from billing.subscriptions.canceling import cancel_subscription
from billing.subscriptions.pausing import pause_subscription
from billing.usage.gaps import close_gap, note_gap, say_reported
from billing.usage.services import record_usage
from tests import make
from tests.billing.billing_run.desk import INES, begin, bill, carry_out, failures, foresee, invoices_of
from tests.billing.refunds.paid import pay
from tests.billing.subscriptions import life
from tests.billing.usage.desk import HOST
from tests.books import what_is_broken

pytestmark = pytest.mark.django_db


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


#: A period of 31 days, and its end in the middle of it.
BEGAN, LEFT, NEXT = at("2026-10-01"), at("2026-10-17"), at("2026-10-18T03:05:00")


@pytest.fixture
def meter():
    """Calls at 5 cents past 100, on a tier of 31.00 a month."""
    return make.usage_price(since=at("2026-01-01")).meter


@pytest.fixture
def row(meter) -> Subscription:
    """Of a consumer in Germany, from 1 October on."""
    tier = meter.usage_prices.get().tier
    return life.start("2026-10-01", life.price(tier, 3_100))


def use(row: Subscription, meter, quantity: int, when: str = "2026-10-05") -> None:
    record_usage(
        customer_id=row.customer_id, meter=meter.slug, quantity=Decimal(quantity),
        key=f"use-{make.serial()}", at=at(when), actor=HOST, now=max(at(when), BEGAN),
    )  # fmt: skip


def told_until(meter, until: datetime) -> None:
    say_reported(meter=meter.slug, until=until, actor=HOST, now=until)


def leave(row: Subscription, when: datetime = LEFT, **more) -> Subscription:
    told = {"when": "now", "reason": "They close", "actor": INES, "now": when, **more}
    cancel_subscription(subscription_id=row.pk, **told)
    return Subscription.objects.get(pk=row.pk)


def last_of(row: Subscription) -> list[Invoice]:
    return [each for each in invoices_of(row) if (each.cause or "").startswith("usage:")]


def sound() -> None:
    broken = ("usage", "invoice", "ledger", "receivable", "balance")
    assert [key for key in what_is_broken() if key.startswith(broken)] == []


def test_it_is_billed_by_the_next_run_once_in_dates_and_cents(row, meter):
    use(row, meter, 142)
    row = leave(row)
    assert row.usage_due_at == LEFT
    use(row, meter, 7, "2026-10-17T12:00:00")  # after its end: on no bill
    told_until(meter, NEXT)

    run = bill(NEXT)
    (last,) = last_of(row)
    # 42 past 100 at 5 cents, and Germany's 19 % of 2.10.
    assert (last.net_minor, last.tax_minor, last.total_minor) == (210, 40, 250)
    assert last.tax_point == LEFT.date() and last.collect_at is not None
    line = InvoiceLine.objects.get(invoice=last)
    assert (line.kind, line.period_start, line.period_end) == ("usage", BEGAN, LEFT)
    assert (run.done, run.total, run.failed, run.state) == (1, 1, 0, "done")
    row.refresh_from_db()
    assert row.usage_due_at is None
    assert HistoryEntry.objects.get(kind="usage_settled").facts["invoice"] == last.label

    with pytest.raises(Conflict, match="Nothing is due"):
        begin(NEXT + timedelta(hours=1))
    assert len(last_of(row)) == 1
    sound()


def test_the_schedule_starts_a_run_for_it(row, meter):
    use(row, meter, 142)
    assert start_scheduled(now=LEFT) is None
    leave(row)
    told_until(meter, NEXT)
    run = start_scheduled(now=NEXT)
    assert run is not None and run.total == 1
    carry_out(run, NEXT)
    assert [each.net_minor for each in last_of(row)] == [210]


def test_what_is_not_reported_waits_with_a_sentence_and_nothing_is_closed(row, meter):
    use(row, meter, 142)
    row = leave(row)
    run = bill(NEXT)
    assert failures(run)[row.reference] == (
        f"{row.reference} has ended, and its last usage is not billed: API calls has not been reported up to "
        "the end of 2026-10-01 to 2026-10-17. Send its usage, or say that all of it was sent. Then try again."
    )
    assert last_of(row) == [] and UsageStream.objects.get(customer=row.customer_id).closed_until is None

    use(row, meter, 58, "2026-10-16")
    told_until(meter, NEXT)
    bill(NEXT + timedelta(days=1))
    assert [each.net_minor for each in last_of(row)] == [500]
    sound()


def test_two_meters_of_which_one_is_unknown_close_neither(row, meter):
    other = make.usage_price(row.items.get().price.tier, since=at("2026-01-01"), included=0)
    told_until(other.meter, NEXT)
    use(row, meter, 142)
    use(row, other.meter, 3)
    leave(row)
    bill(NEXT)
    assert not UsageStream.objects.filter(customer=row.customer_id, closed_until__isnull=False).exists()
    told_until(meter, NEXT)
    bill(NEXT + timedelta(days=1))
    assert [each.net_minor for each in last_of(row)] == [225]


def test_an_open_gap_stops_it(row, meter):
    told_until(meter, NEXT)
    gap = note_gap(
        meter=meter.slug, starts_at=at("2026-10-10"), ends_at=at("2026-10-11"), reason="The collector fell",
        actor=INES, now=NEXT,
    )  # fmt: skip
    row = leave(row)
    assert "a gap is open" in failures(bill(NEXT))[row.reference]
    close_gap(gap_id=gap.pk, reason="It was sent again", actor=INES, now=NEXT)
    bill(NEXT + timedelta(days=1))
    row.refresh_from_db()
    assert row.usage_due_at is None


def test_what_was_included_costs_nothing_and_is_kept(row, meter):
    use(row, meter, 100)
    row = leave(row)
    told_until(meter, NEXT)
    bill(NEXT)
    assert last_of(row) == []
    kept = UsageBilled.objects.get()
    assert (kept.quantity, kept.amount_minor, kept.starts_at, kept.ends_at) == (100, 0, BEGAN, LEFT)


def test_what_is_given_back_pays_the_last_invoice(row, meter):
    first = invoices_of(row)[0]
    pay(first)
    use(row, meter, 142)
    told_until(meter, NEXT)
    # 15 of 31 days: 15.00 and 2.85 of tax go back by credit note, and lie in the balance.
    leave(row, give_back=True)
    bill(NEXT)
    (last,) = last_of(row)
    assert (last.total_minor, last.state) == (250, "paid")
    credit = row.customer.credit_accounts.get(unit="money")
    assert credit.balance == 1_785 - 250


def test_a_renewal_that_was_due_leaves_each_period_what_it_includes(row, meter):
    use(row, meter, 90, "2026-10-20")
    use(row, meter, 110, "2026-11-03")
    row = leave(row, at("2026-11-05"))
    told_until(meter, at("2026-11-06"))
    bill(at("2026-11-06"))
    # 90 of October and 110 of November: 10 past, not 100.
    assert [each.net_minor for each in last_of(row)] == [50]
    assert [(x.starts_at, x.ends_at, x.billed) for x in UsageBilled.objects.order_by("starts_at")] == [
        (BEGAN, at("2026-11-01"), 0),
        (at("2026-11-01"), at("2026-11-05"), 10),
    ]
    sound()


def test_what_the_renewal_billed_is_not_billed_again(row, meter):
    use(row, meter, 142)
    told_until(meter, at("2026-11-01"))
    life.run_until(row, "2026-11-01")
    use(row, meter, 101, "2026-11-02")
    row = leave(row, at("2026-11-05"))
    told_until(meter, at("2026-11-06"))
    bill(at("2026-11-06"))
    assert [each.net_minor for each in last_of(row)] == [5]


def test_a_paused_one_that_is_ended_is_billed_for_what_it_used_before(row, meter):
    use(row, meter, 142)
    pause_subscription(subscription_id=row.pk, reason="Season", actor=INES, now=at("2026-10-10"))
    row = leave(row)
    told_until(meter, NEXT)
    bill(NEXT)
    (last,) = last_of(row)
    # What the pause gave back is set off as far as it goes, with its tax.
    assert InvoiceLine.objects.get(invoice=last, kind="usage").net_minor == 210
    assert last.total_minor == 0


def test_a_trial_and_a_plan_without_priced_usage_owe_nothing(meter):
    tier = meter.usage_prices.get().tier
    trial = make.subscription(
        make.customer(), life.price(tier, 3_100), state="trialing", anchor_at=BEGAN, created_at=BEGAN,
        current_period_start=BEGAN, current_period_end=at("2026-11-01"), trial_ends_at=at("2026-11-01"),
    )  # fmt: skip
    plain = life.start("2026-10-01", make.price())
    for each in (trial, plain):
        assert leave(each).usage_due_at is None


def test_one_that_ends_with_its_period_is_billed_with_it(row, meter):
    use(row, meter, 142)
    life.cancel(row, "2026-10-17")
    told_until(meter, at("2026-11-01"))
    row = life.run_until(row, "2026-11-01")
    assert (row.state, row.usage_due_at) == ("canceled", None)
    assert [each.net_minor for each in invoices_of(row)] == [3_100, 210]


def test_a_dry_run_foresees_it(row, meter):
    use(row, meter, 142)
    leave(row)
    told_until(meter, NEXT)
    run = foresee(0, NEXT)
    assert run.result["sums"] == {
        "EUR": {"invoices": 1, "net_minor": 210, "tax_minor": 40, "total_minor": 250}
    }
    assert Invoice.objects.filter(cause__startswith="usage:").count() == 0


def test_the_dialog_can_tell_what_it_comes_to_by_now(row, meter):
    use(row, meter, 142)
    (seen,) = usage_so_far(row, now=LEFT)
    assert (seen.quantity, seen.billed, seen.amount.minor) == (142, 42, 210)
    assert UsageBilled.objects.count() == 0


def test_somebody_who_cannot_be_billed_stops_nobody_else(row, meter):
    other = life.start("2026-10-01", row.items.get().price)
    for each in (row, other):
        use(each, meter, 142)
        leave(each)
    told_until(meter, NEXT)
    other.customer.country = ""
    other.customer.save()
    run = bill(NEXT)
    assert [each.net_minor for each in last_of(row)] == [210]
    assert list(failures(run)) == [other.reference] and last_of(other) == []
    assert UsageBilled.objects.filter(subscription=other).count() == 0
    assert RunRow.objects.filter(run=run).count() == 1 and Run.objects.get(pk=run.pk).failed == 1


def test_the_books_say_when_it_was_never_billed(meter):
    key = "usage_of_ended_subscriptions"
    row = life.start("2026-02-01", life.price(meter.usage_prices.get().tier, 3_100))
    use(row, meter, 142, "2026-02-05")
    row = leave(row, at("2026-02-17"))
    assert row.reference in str(what_is_broken()[key])

    yesterday = timezone.now() - timedelta(days=1)
    Subscription.objects.filter(pk=row.pk).update(ended_at=yesterday, usage_due_at=yesterday)
    assert key not in what_is_broken(), "it may still be told of"

    left = at("2026-02-17")
    Subscription.objects.filter(pk=row.pk).update(ended_at=left, usage_due_at=left)
    told_until(meter, at("2026-02-18"))
    bill(at("2026-02-18"))
    assert key not in what_is_broken()
