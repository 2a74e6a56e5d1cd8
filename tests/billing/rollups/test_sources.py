"""Each source is the recomputation of its rows, whatever happens to payments, refunds and disputes."""

from datetime import UTC, date, datetime
from io import StringIO
from threading import Event

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.checks.rollups import CHECKS
from billing.history.actors import system
from billing.history.services import record
from billing.ledger import rules as ledger
from billing.ledger.services import post, reverse
from billing.money import Money
from billing.rollups.models import DailyTotal, RollupMark
from billing.rollups.queries import by_day, total
from billing.rollups.services import roll_up_all
from billing.rollups.sources import CASH, DISPUTES, PAYMENTS, REFUNDS_OF_CAPTURED, TRIES
from dashboard.database import as_owner
from tests import make
from tests.races.harness import at_once, refused

NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)
DAY, LATER = date(2026, 10, 5), datetime(2026, 11, 2, 8, tzinfo=UTC)
MADE = datetime(2026, 10, 5, 12, tzinfo=UTC)
ACTOR = system("test")
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def move(row, before: str, after: str, kind: str = "state") -> None:
    record(row, kind, actor=ACTOR, now=LATER, from_state=before, to_state=after)


def put(draft, row, at):
    return post(draft, actor=ACTOR, now=NOW, customer_id=row.customer_id, subject=row, effective_at=at)


def figure(source, measure: str) -> tuple[int, int]:
    return total(source, measure, DAY, DAY, "EUR")


def captured(amount: int = 9900):
    payment = make.payment(created_at=MADE, amount_minor=amount)
    move(payment, "", "succeeded", "created")
    put(
        ledger.payment_succeeded(payment.reference, amount=Money(amount, "EUR"), owed=Money(0, "EUR")),
        payment,
        MADE,
    )
    return payment


def refunded(payment, amount: int):
    refund = make.refund(payment, amount_minor=amount, created_at=LATER)
    done = ledger.refund_succeeded(
        refund.reference, amount=Money(amount, "EUR"), destination="original_payment"
    )
    return put(done, refund, LATER)


@pytest.mark.django_db
def test_a_refund_counts_on_the_day_its_payment_was_captured_until_it_fails():
    posting = refunded(captured(), 400)
    assert figure(REFUNDS_OF_CAPTURED, "refunds.of_captured") == (1, 400)
    assert figure(CASH, "cash.refund") == (0, 0), "the money left on another day"
    reverse(posting, cause=f"refund.succeeded.reversed:{posting.pk}", actor=ACTOR, now=NOW)
    assert figure(REFUNDS_OF_CAPTURED, "refunds.of_captured") == (0, 0)
    assert total(CASH, "cash.refund", LATER.date(), LATER.date(), "EUR") == (1, -400)
    assert total(CASH, "cash.refund", LATER.date(), NOW.date(), "EUR") == (0, 0)


@pytest.mark.django_db
def test_a_payment_counts_in_the_state_it_is_in_and_once_as_declined():
    payment = make.payment(created_at=MADE)
    for before, after in (
        ("", "pending"),
        ("pending", "failed"),
        ("failed", "pending"),
        ("pending", "failed"),
    ):
        move(payment, before, after)
    assert figure(PAYMENTS, "payments.failed") == figure(TRIES, "tries.declined") == (1, 0)
    assert figure(TRIES, "tries.recovered") == (0, 0)
    move(payment, "failed", "succeeded")
    assert (figure(PAYMENTS, "payments.failed"), figure(PAYMENTS, "payments.succeeded")) == ((0, 0), (1, 0))
    assert figure(TRIES, "tries.recovered") == figure(TRIES, "tries.declined") == (1, 0)
    move(payment, "succeeded", "reversed")
    assert figure(TRIES, "tries.recovered") == (0, 0)


@pytest.mark.django_db
def test_a_warning_counts_when_it_becomes_a_dispute():
    dispute = make.dispute(make.payment(created_at=MADE))
    move(dispute, "", "warning")
    assert figure(DISPUTES, "disputes.opened") == (0, 0)
    move(dispute, "warning", "needs_response")
    move(dispute, "needs_response", "lost")
    assert figure(DISPUTES, "disputes.opened") == (1, 0)


STEPS = ("declined", "succeeded", "reversed", "refund", "refund_fails", "warning", "dispute", "roll_up")


@pytest.mark.django_db(transaction=True)
@settings(max_examples=12)
@given(st.lists(st.sampled_from(STEPS), max_size=14))
def test_totals_and_tail_are_the_recomputation_of_every_source(steps):
    """Whatever happens in whatever order, rolled up in between: each measure is what a plain count gives."""
    payment, before = captured(), recomputed()
    state, standing, expected = "succeeded", [], {"declined": 0, "refunds": 0, "disputes": 0}
    for step in steps:
        if step == "declined":
            move(payment, state, "failed")
            state, expected["declined"] = "failed", 1
        elif step in ("succeeded", "reversed"):
            move(payment, state, step)
            state = step
        elif step == "refund":
            standing.append(refunded(payment, 300))
        elif step == "refund_fails" and standing:
            posting = standing.pop()
            reverse(posting, cause=f"refund.succeeded.reversed:{posting.pk}", actor=ACTOR, now=NOW)
        elif step == "warning":
            move(make.dispute(payment), "", "warning")
        elif step == "dispute":
            move(make.dispute(payment), "", "needs_response")
            expected["disputes"] += 1
        elif step == "roll_up":
            roll_up_all(now=NOW)
        assert figures() == recomputed()
    now = recomputed()

    def more(measure: str) -> tuple[int, int]:
        (n, minor), (was, minor_was) = now.get(measure, (0, 0)), before.get(measure, (0, 0))
        return n - was, minor - minor_was

    assert more("refunds.of_captured") == (len(standing), 300 * len(standing))
    assert more("disputes.opened") == (expected["disputes"], 0)
    assert more("tries.declined") == (expected["declined"], 0)
    assert more(f"payments.{state}")[0] == (0 if state == "succeeded" else 1)
    with connection.cursor() as cursor:
        assert [check.key for check in CHECKS if not check.run(cursor).holds] == []


def figures() -> dict[str, tuple[int, int]]:
    """Each measure over the year, from totals and tail; what comes to nothing is left out."""
    found: dict[str, tuple[int, int]] = {}
    for source, measures in MEASURES.items():
        for f in by_day(source, measures, FIRST, LAST):
            n, minor = found.get(f.measure, (0, 0))
            found[f.measure] = (n + f.count, minor + f.amount_minor)
    return {measure: sums for measure, sums in found.items() if sums != (0, 0)}


def recomputed() -> dict[str, tuple[int, int]]:
    """The same from the rows alone."""
    found: dict[str, tuple[int, int]] = {}
    with connection.cursor() as cursor:
        for source in MEASURES:
            cursor.execute(
                f"SELECT {source.measure}, sum({source.count}), sum({source.amount}) "
                f"FROM {source.table} r WHERE {source.where} GROUP BY 1"
            )
            found |= {measure: (int(n), int(minor)) for measure, n, minor in cursor.fetchall()}
    return {measure: sums for measure, sums in found.items() if sums != (0, 0)}


MEASURES = {
    CASH: ["cash.payment", "cash.refund"],
    REFUNDS_OF_CAPTURED: ["refunds.of_captured"],
    PAYMENTS: [f"payments.{state}" for state in ("succeeded", "failed", "reversed", "pending")],
    TRIES: ["tries.declined", "tries.recovered"],
    DISPUTES: ["disputes.opened"],
}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_refund_that_commits_late_is_not_lost():
    """The refund's rows have the smaller transaction id; a run in between passes them by."""
    payment, other = captured(), captured()
    wrote, rolled = Event(), Event()

    def late() -> None:
        with transaction.atomic():
            refunded(payment, 700)
            wrote.set()
            assert rolled.wait(30)

    def run() -> None:
        assert wrote.wait(30)
        refunded(other, 50)
        roll_up_all(now=NOW)
        assert figure(REFUNDS_OF_CAPTURED, "refunds.of_captured") == (1, 50)
        rolled.set()

    assert not refused(at_once([late, run]))
    assert figure(REFUNDS_OF_CAPTURED, "refunds.of_captured") == (2, 750)
    roll_up_all(now=NOW)
    assert figure(REFUNDS_OF_CAPTURED, "refunds.of_captured") == (2, 750)


@pytest.mark.django_db(transaction=True)
def test_rebuilding_adopts_rows_of_another_server():
    """After a restore transaction ids begin again: rows and marks are those of a future that never comes."""
    refunded(captured(), 400)
    before = figures()
    roll_up_all(now=NOW)
    with as_owner(), connection.cursor() as cursor:
        for table in ("billing_historyentry", "billing_posting", "billing_postingline"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE {table} SET xid = '900000000000'")
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        RollupMark.objects.update(below_xid=900_000_000_001)
        DailyTotal.objects.filter(measure="cash.payment").update(amount_minor=1)
    with connection.cursor() as cursor:
        told = [line for check in CHECKS for line in check.run(cursor).offenders]
    assert any("roll_up --rebuild" in line for line in told)
    call_command("roll_up", "--rebuild", stdout=StringIO())
    assert figures() == before
    with connection.cursor() as cursor:
        assert [check.key for check in CHECKS if not check.run(cursor).holds] == []
        cursor.execute("SELECT DISTINCT xid::text FROM billing_postingline")
        assert cursor.fetchall() == [("3",)]
    assert DailyTotal.objects.filter(measure="cash.payment").get().amount_minor == 9900
    refunded(captured(), 400)
    assert figure(REFUNDS_OF_CAPTURED, "refunds.of_captured") == (2, 800)
