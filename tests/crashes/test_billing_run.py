"""Workers killed in the middle of a billing run: nobody is billed twice, nobody is left out."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.billing_run.running import work_on
from billing.billing_run.services import start_run, take_up_silent
from billing.jobs.models import Run
from billing.models import BillingBatch, Invoice, Posting, Subscription, UsageBilled, UsageStream
from billing.usage.services import record_usage, say_reported
from tests import make
from tests.billing.billing_run.desk import BEGAN, INES, NOW, carry_out, due, totals
from tests.billing.usage.desk import HOST
from tests.crashes.biller import LIMIT, WHOLE

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240


class Killed(BaseException):
    """The power fails here."""


def biller(run: Run) -> subprocess.Popen[bytes]:
    database = str(connection.settings_dict["NAME"])
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crashes.biller", str(run.pk)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_NAME": database, "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def billed_once(rows: list[Subscription]) -> None:
    assert [len(totals(each)) for each in rows] == [1] * len(rows)
    numbers = sorted(int(each[-6:]) for each in Invoice.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(rows) + 1))
    assert Posting.objects.filter(fact="invoice.finalised").count() == len(rows)


def in_the_middle() -> bool:
    """Whether another session has written and not committed; its locks end with it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = "
            "current_database() AND pid <> pg_backend_pid() AND locktype = 'transactionid' AND granted"
        )
        return bool(cursor.fetchone()[0])


def until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < ends, "the worker did not come so far"
        time.sleep(0.02)


def test_a_real_worker_is_killed_and_the_next_one_bills_the_rest():
    rows = due(40)
    run = start_run(actor=INES, now=NOW)
    process = biller(run)
    try:
        until(lambda: BillingBatch.objects.count() == WHOLE and in_the_middle())
    finally:
        process.send_signal(signal.SIGKILL)
        ended = process.wait()
    assert ended == -signal.SIGKILL, "it was at work when it was killed"
    until(lambda: not in_the_middle())

    run.refresh_from_db()
    told = sum(BillingBatch.objects.values_list("renewed", flat=True))
    assert run.state == "running"
    assert run.done == told == Invoice.objects.count() == WHOLE * LIMIT, "of the third batch nothing stays"
    work_on(run_id=run.pk, worker="the next", clock=lambda: NOW)

    billed_once(rows)
    run.refresh_from_db()
    assert (run.state, run.done, run.failed) == ("done", 40, 0)


@pytest.mark.parametrize(
    "place",
    [
        "billing.billing_run.renewing.apply_periods",
        "billing.billing_run.renewing.give",
        "billing.billing_run.renewing.write_invoices",
        "billing.billing_run.batches._write",
    ],
)
def test_killed_anywhere_in_a_batch_nothing_of_it_stays(place):
    rows = due(3)
    run = start_run(actor=INES, now=NOW)
    with patch(place, side_effect=Killed), pytest.raises(Killed):
        carry_out(run)

    assert Invoice.objects.count() == BillingBatch.objects.count() == 0
    assert [each.current_period_end for each in Subscription.objects.order_by("pk")] == [
        each.current_period_end for each in rows
    ]
    carry_out(run)
    billed_once(rows)


@pytest.mark.parametrize(
    "place",
    [
        "billing.billing_run.using.usage_between",
        "billing.billing_run.renewing.write_invoices",
        "billing.billing_run.renewing.write_billed",
    ],
)
def test_killed_between_closing_and_billing_usage_nothing_stays_closed(place):
    base = make.price()
    meter = make.usage_price(base.tier, included=0).meter
    (row,) = due(1, at=base)
    told = {"customer_id": row.customer_id, "meter": meter.slug, "actor": HOST, "now": NOW}
    record_usage(quantity=142, key="day-3", at=BEGAN + timedelta(days=3), **told)
    say_reported(meter=meter.slug, until=NOW, actor=HOST, now=NOW)
    run = start_run(actor=INES, now=NOW)
    with patch(place, side_effect=Killed), pytest.raises(Killed):
        carry_out(run)
    assert UsageStream.objects.get().closed_until is None
    assert UsageBilled.objects.count() == Invoice.objects.count() == 0

    # What is told before the next worker comes is still in time.
    record_usage(quantity=8, key="day-9", at=BEGAN + timedelta(days=9), **told)
    carry_out(run)
    assert UsageBilled.objects.get().quantity == 150
    assert len(totals(row)) == 1


def test_what_a_killed_worker_left_is_taken_up_within_minutes_once():
    due(1)
    run = start_run(actor=INES, now=NOW)
    with patch("billing.billing_run.batches._write", side_effect=Killed), pytest.raises(Killed):
        carry_out(run)
    before = ProcrastinateJob.objects.filter(task_name="billing_run.work").count()

    assert take_up_silent(now=NOW + timedelta(minutes=1)) == 0, "it may still be at work"
    assert take_up_silent(now=NOW + timedelta(minutes=3)) == 1
    assert take_up_silent(now=NOW + timedelta(minutes=3)) == 0
    assert ProcrastinateJob.objects.filter(task_name="billing_run.work").count() > before
