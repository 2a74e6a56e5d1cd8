"""Complete invoices a second of a billing run by real worker processes, beside bare ones by the ORM.

    python -m dashboard.local.with_database benchmarks/billing_run/run.py [--size 100000] [--quick]

Complete: period moved, tax decided, lines with their reasons, gapless number, posting, credits, history and
audit rows. Then the same for a tenth of the size (is it linear?), the memory of the workers, and a run whose
workers are killed every two seconds.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.bench import Line, database, rates, say, show
from benchmarks.billing_run import book, naive

ROOT = Path(__file__).resolve().parents[2]
SIZE, KILLED, NAIVE, ROUNDS, EVERY = 20_000, 20_000, 1_000, 5, 2.0
QUICK = (40, 40, 5, 1, 1.0)
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Took:
    """A run that was carried out: invoices a second, and the memory of its workers in KiB."""

    size: int
    seconds: float
    early: int
    most: int

    @property
    def rate(self) -> float:
        return self.size / self.seconds


def begin() -> Any:
    """A run over what is due."""
    from billing.billing_run.services import start_run
    from billing.history.actors import system

    return start_run(actor=system("benchmark"), now=datetime.now(UTC))


def worker(run_id: int, batch: int) -> subprocess.Popen[str]:
    """A worker process, on this database."""
    from django.db import connection

    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.billing_run.worker", str(run_id), str(batch)],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_NAME": str(connection.settings_dict["NAME"]),
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "LOG_LEVEL": "ERROR",
        },
        stdout=subprocess.PIPE,
        text=True,
    )


def carry_out(size: int, workers: int, prices: list[int], batch: int = 1_000) -> Took:
    """Fills, starts a run and waits for its workers; the clock runs from the first to the last batch."""
    from billing.models import BillingBatch, Run

    book.fill(size, prices)
    run = begin()
    told = [each.communicate()[0] for each in [worker(run.pk, batch) for _ in range(workers)]]
    done = Run.objects.get(pk=run.pk)
    assert (done.state, done.done, done.failed) == ("done", size, 0), (done.state, done.done, done.failed)
    first = BillingBatch.objects.filter(run=run).order_by("at").first()
    assert first is not None and done.finished_at is not None
    sound(size)
    memory = [tuple(map(int, each.split())) for each in told if each.strip()]
    return Took(
        size,
        (done.finished_at - first.at).total_seconds() or 0.001,
        max(each[0] for each in memory),
        max(each[1] for each in memory),
    )


def killed(size: int, prices: list[int], every: float, batch: int = 1_000) -> tuple[float, int]:
    """A run whose workers are killed every so many seconds until it is done: seconds, and how many died."""
    from billing.models import Run

    book.fill(size, prices)
    run = begin()
    began, deaths = time.monotonic(), 0
    while Run.objects.get(pk=run.pk).state != "done":
        at_work = [worker(run.pk, batch) for _ in range(WORKERS)]
        wait_for_a_batch(run.pk, at_work)
        time.sleep(every)
        for each in at_work:
            if each.poll() is None:
                each.send_signal(signal.SIGKILL)
                deaths += 1
            each.communicate()
    sound(size)
    return time.monotonic() - began, deaths


def wait_for_a_batch(run_id: int, at_work: list[subprocess.Popen[str]]) -> None:
    """Until the new workers are at work: what it takes Python to start is not what is measured."""
    from billing.models import BillingBatch, Run

    before = BillingBatch.objects.filter(run=run_id).count()
    while any(each.poll() is None for each in at_work):
        if BillingBatch.objects.filter(run=run_id).count() > before:
            return
        if Run.objects.get(pk=run_id).state == "done":
            return
        time.sleep(0.02)


def sound(size: int) -> None:
    """Raises AssertionError unless each of the last ``size`` was billed once, and no number is missing."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT subscription_id), count(DISTINCT cause), "
            "max(right(number, -9)::int) - min(right(number, -9)::int) + 1 FROM billing_invoice "
            "WHERE subscription_id > (SELECT max(id) - %s FROM billing_subscription) AND number IS NOT NULL",
            [size],
        )
        assert cursor.fetchone() == (size, size, size, size)
        cursor.execute(
            "SELECT (SELECT count(*) FROM billing_posting WHERE fact = 'invoice.finalised'), "
            "(SELECT count(*) FROM billing_creditlot), (SELECT count(*) FROM billing_invoice "
            "WHERE number IS NOT NULL), (SELECT next_number - 1 FROM billing_numberseries "
            "WHERE name LIKE 'inv%%')"
        )
        postings, lots, invoices, numbers = cursor.fetchone()
        assert postings == lots == invoices == numbers, (postings, lots, invoices, numbers)


def measure(size: int, to_kill: int, bare: int, rounds: int, every: float, batch: int = 1_000) -> list[Line]:
    """The lines of the table; raises AssertionError where a run billed somebody twice or not at all."""
    from billing.models import Subscription

    prices = book.plans()
    alone = carry_out(size, 1, prices, batch)
    both = carry_out(size, WORKERS, prices, batch)
    small = carry_out(max(size // 10, 4), WORKERS, prices, batch)
    some = list(Subscription.objects.order_by("pk")[:bare])
    other = rates({"loop": lambda: naive.loop(some), "bulk": lambda: naive.bulk(some)}, rounds)
    say(
        f"{both.size:,} invoices in {both.seconds:,.1f} s; memory of a worker {both.early / 1024:,.0f} MiB "
        f"after its first batches, {both.most / 1024:,.0f} MiB at most."
    )
    seconds, deaths = killed(to_kill, prices, every, batch)
    say(
        f"Killed every {every:.0f} s: {to_kill:,} invoices in {seconds:,.1f} s, {deaths} workers died; "
        "each was billed once, and no number is missing."
    )
    return [
        Line("complete, 1 worker, beside an ORM loop", alone.rate, other["loop"], "/s"),
        Line("complete, 1 worker, beside bulk_create", alone.rate, other["bulk"], "/s"),
        Line("complete, 2 workers, beside an ORM loop", both.rate, other["loop"], "/s"),
        Line("complete, 2 workers, beside bulk_create", both.rate, other["bulk"], "/s"),
        Line("linear: all, beside a tenth of it", both.rate, small.rate, "/s"),
        Line("memory: at most, beside the beginning", both.most / 1024, both.early / 1024, "MiB"),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: that it runs, not how fast")
    parser.add_argument("--size", type=int, default=SIZE, help=f"due subscriptions ({SIZE:,})")
    chosen = parser.parse_args()
    with database("billing_run"):
        sizes = QUICK if chosen.quick else (chosen.size, min(chosen.size, KILLED), NAIVE, ROUNDS, EVERY)
        show("Billing runs", "complete", "bare", measure(*sizes, batch=10 if chosen.quick else 1_000))
