"""What a batch costs: as many statements for many as for few, and an index that leads to what is due."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks.billing_run import book
from billing.billing_run.batches import do_batch
from billing.billing_run.due import behind, mark_of, untried
from billing.billing_run.renewing import renew_batch
from billing.billing_run.running import ACTOR
from billing.jobs.services import begin as begin_run
from billing.models import Run, TierCredits
from tests import make
from tests.billing.billing_run.desk import NOW, begin, due

pytestmark = pytest.mark.django_db


def statements(run: Run) -> int:
    with CaptureQueriesContext(connection) as asked:
        batch = do_batch(
            run.pk, until=NOW, after=None, renew=renew_batch, worker="here", actor=ACTOR, now=NOW
        )
    assert batch is not None and batch.taken
    return len(asked)


def test_a_batch_takes_as_many_statements_for_twenty_as_for_two():
    price = make.price()
    TierCredits.objects.create(tier=price.tier, unit="tokens", amount=500, per="period")

    def some(count: int) -> Run:
        due(count, at=price)
        for each in due(count, at=price):
            make.pending_change(each, quantity=2)
        run = begin()
        begin_run(run.pk, now=NOW)
        return run

    few = statements(some(2))
    Run.objects.update(state="done")
    assert statements(some(20)) == few


def test_the_next_due_ones_are_read_from_their_index_alone():
    prices = book.plans()
    book.fill(4_000, prices)
    # A tenth is due by then; what is read must not grow with the rest.
    until = datetime(2026, 11, 1, 1, 40, tzinfo=UTC)
    run = begin()
    first = behind(untried(until, run.pk), None)
    for rows in (first, behind(untried(until, run.pk), mark_of(first[100]))):
        found = plan(rows[:50])
        assert "subscription_due" in json.dumps(found)
        assert removed(found) == 0
        assert found["Shared Hit Blocks"] + found["Shared Read Blocks"] < 700


def plan(rows):
    sql, values = rows.query.sql_with_params()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", values)
        found = cursor.fetchone()[0]
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def removed(node) -> int:
    here = node.get("Rows Removed by Filter", 0)
    return here + sum(removed(each) for each in node.get("Plans", []))
