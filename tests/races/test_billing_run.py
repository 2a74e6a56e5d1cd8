"""Many workers, two runs and a clerk at the same subscriptions: each period is billed once, none left out."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from unittest.mock import patch

import pytest

from billing.billing_run import batches
from billing.billing_run.due import owing, untried
from billing.billing_run.models import UsageBilled
from billing.billing_run.running import work_on
from billing.billing_run.services import start_run
from billing.jobs.models import Run
from billing.models import CreditLot, Invoice, InvoiceLine, Subscription, TierCredits
from billing.subscriptions.canceling import cancel_subscription
from billing.subscriptions.changing import change_subscription
from billing.usage.gaps import say_reported
from billing.usage.services import record_usage
from tests import make
from tests.billing.billing_run.desk import BEGAN, INES, NOW, due, totals
from tests.billing.usage.desk import HOST
from tests.races.harness import at_once, meeting, refused

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that keeps the others away is clear at once: they leave out what is locked, nobody waits."""
    monkeypatch.setattr("tests.races.harness.PATIENCE", 0.3)


def work(run: Run, name: str, limit: int = 3) -> Run:
    return work_on(run_id=run.pk, worker=name, clock=lambda: NOW, limit=limit)


def another(run: Run) -> Run:
    """A second run over the same, as if two schedulers had started one each."""
    return Run.objects.create(
        kind=run.kind,
        title=run.title,
        asked=run.asked,
        total=run.total,
        started_by_ref="system:other",
        started_by_name="Another",
        created_at=NOW,
    )


@contextmanager
def without_locks() -> Iterator[None]:
    """The naive twin: what is due is read, not locked."""

    def plain(until, run_id, after, limit):
        return list(batches_behind(until, run_id, after)[:limit])

    with patch("billing.billing_run.batches.lock_due", plain):
        yield


def batches_behind(until, run_id, after):
    from billing.billing_run.due import behind

    return behind(untried(until, run_id), after)


def billed_once(rows: list[Subscription]) -> None:
    assert [len(totals(each)) for each in rows] == [1] * len(rows)
    numbers = sorted(int(each[-6:]) for each in Invoice.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(rows) + 1)), "no number twice, none missing"
    assert sorted(CreditLot.objects.values_list("subscription_id", flat=True)) == sorted(r.pk for r in rows)


def some_due(count: int) -> list[Subscription]:
    priced = make.price()
    TierCredits.objects.create(tier=priced.tier, unit="tokens", amount=500, per="period")
    return due(count, at=priced)


def test_four_workers_share_a_run():
    rows = some_due(12)
    run = start_run(actor=INES, now=NOW)
    with meeting("billing.billing_run.batches.lock_due", 4):
        outcomes = at_once([lambda name=name: work(run, f"worker {name}") for name in range(4)])

    assert refused(outcomes) == []
    billed_once(rows)
    run.refresh_from_db()
    assert (run.state, run.done, run.total, run.failed) == ("done", 12, 12, 0)
    assert len(set(run.billing_batches.values_list("worker", flat=True))) > 1, "they did share it"


def test_two_runs_at_once_bill_nobody_twice():
    rows = some_due(8)
    first = start_run(actor=INES, now=NOW)
    second = another(first)
    with meeting("billing.billing_run.batches.lock_due", 2):
        outcomes = at_once([lambda: work(first, "one"), lambda: work(second, "other")])

    assert refused(outcomes) == []
    billed_once(rows)
    done = [Run.objects.get(pk=each.pk) for each in (first, second)]
    assert [each.state for each in done] == ["done", "done"]
    assert sum(each.done for each in done) == 8, "each was counted by the run that billed it"


def test_without_the_locks_two_runs_do_the_same_work():
    some_due(6)
    first = start_run(actor=INES, now=NOW)
    second = another(first)
    with without_locks(), meeting("billing.billing_run.batches.lock_due", 2):
        at_once([lambda: work(first, "one", 10), lambda: work(second, "other", 10)])

    renewed = sum(each.renewed for each in batches.BillingBatch.objects.all())
    failed = sum(each.failed for each in batches.BillingBatch.objects.all())
    assert renewed + failed > 6, "somebody was taken twice"


def test_what_a_clerk_holds_is_billed_when_they_are_done():
    (row,) = some_due(1)
    run = start_run(actor=INES, now=NOW)

    outcomes = at_once(
        [
            lambda: work(run, "worker"),
            lambda: cancel_subscription(
                subscription_id=row.pk, when="now", reason="They close", actor=INES, now=NOW
            ),
        ]
    )

    row.refresh_from_db()
    assert row.state == "canceled"
    assert refused(outcomes) == []
    assert len(totals(row)) in (0, 1), "billed before they ended it, or not at all"
    run.refresh_from_db()
    assert run.state == "done"


def test_an_upgrade_while_the_renewal_runs_adds_up_whoever_comes_first():
    (row,) = some_due(1)
    small = row.items.get().price
    large = make.price(make.tier(name="Business", rank=3), unit_amount_minor=19900)
    run = start_run(actor=INES, now=NOW)

    outcomes = at_once(
        [
            lambda: work(run, "worker"),
            lambda: change_subscription(
                subscription_id=row.pk, price_id=large.pk, quantity=1, reason="More", actor=INES,
                now=NOW + timedelta(seconds=1),
            ),
        ]
    )  # fmt: skip

    row.refresh_from_db()
    assert row.current_period_end > NOW
    assert Run.objects.get(pk=run.pk).state == "done"
    renewals = Invoice.objects.filter(subscription=row, cause__startswith="renewal:")
    assert renewals.count() == 1, "the period was billed once"
    changed = not isinstance(outcomes[1], BaseException)
    assert row.items.get().price_id == (large.pk if changed else small.pk)


def metered() -> Subscription:
    """In its second month by a renewal that is due, with 142 calls used in each month at 5 cents past 100."""
    priced = make.price()
    meter = make.usage_price(priced.tier).meter
    (row,) = due(1, at=priced)
    for at in (NOW - timedelta(days=20), NOW - timedelta(minutes=1)):
        record_usage(
            customer_id=row.customer_id, meter=meter.slug, quantity=Decimal(142), key=f"use-{make.serial()}",
            at=at, actor=HOST, now=NOW,
        )  # fmt: skip
    say_reported(meter=meter.slug, until=NOW, actor=HOST, now=NOW)
    return row


def leave(row: Subscription) -> None:
    cancel_subscription(subscription_id=row.pk, when="now", reason="They close", actor=INES, now=NOW)


def billed_stretches(row: Subscription) -> list[int]:
    """What each stretch came to; together they have no gap and no overlap."""
    rows = list(UsageBilled.objects.filter(subscription=row).order_by("starts_at"))
    assert all(a.ends_at == b.starts_at for a, b in pairwise(rows))
    assert (rows[0].starts_at, rows[-1].ends_at) == (BEGAN, NOW)
    return [each.amount_minor for each in rows]


def test_ended_at_once_while_the_renewal_runs_its_usage_is_billed_once_whoever_comes_first():
    row = metered()
    run = start_run(actor=INES, now=NOW)
    outcomes = at_once([lambda: work(run, "worker"), lambda: leave(row)])
    assert refused(outcomes) == []
    if Subscription.objects.get(pk=row.pk).usage_due_at is not None:
        work(start_run(actor=INES, now=NOW), "next")

    assert Subscription.objects.get(pk=row.pk).usage_due_at is None
    assert billed_stretches(row) == [210, 210]
    used = InvoiceLine.objects.filter(invoice__subscription=row, kind="usage")
    assert sorted(used.values_list("net_minor", flat=True)) == [210, 210]


def two_runs_over_an_ended_one(row: Subscription) -> list[Run]:
    leave(row)
    first = start_run(actor=INES, now=NOW)
    second = another(first)
    with meeting("billing.billing_run.batches.lock_owing", 2):
        at_once([lambda: work(first, "one"), lambda: work(second, "other")])
    return [Run.objects.get(pk=each.pk) for each in (first, second)]


def test_two_runs_bill_the_last_usage_once():
    row = metered()
    runs = two_runs_over_an_ended_one(row)
    assert [(each.state, each.failed) for each in runs] == [("done", 0), ("done", 0)]
    assert sum(each.done for each in runs) == 1
    assert Invoice.objects.filter(cause__startswith="usage:").count() == 1
    assert billed_stretches(row) == [210, 210]


def test_without_the_locks_both_take_the_last_usage():
    def plain(until, run_id, limit):
        return list(untried(until, run_id, owing)[:limit])

    row = metered()
    with (
        patch("billing.billing_run.batches.lock_owing", plain),
        patch("billing.billing_run.using._refuse_overtaken", lambda read: None),
    ):
        runs = two_runs_over_an_ended_one(row)
    assert sum(each.done + each.failed for each in runs) > 1, "both took it"
