"""A month's refunds tie to the ledger to the cent, and a corruption shows with the refund that it is in."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from billing.models import PostingLine, Refund
from billing.money import Money
from dashboard.database import as_owner
from reports.refunds.month import InCurrency, lines_of, refunds_of
from tests.billing.refunds.desk import NOW, a_payment, issue
from tests.reports.refunds.going import came_back, gone

pytestmark = pytest.mark.django_db

NOVEMBER = date(2026, 11, 1)


def the_month() -> dict[str, InCurrency]:
    return {each.currency: each for each in refunds_of(NOVEMBER)}


def a_november() -> list[Refund]:
    """Dates and cents that a person can add up: 60.00 and 25.50 EUR out, 25.50 back; ¥700; nothing else."""
    kept, back = gone(a_payment(10_000), 6_000), gone(a_payment(10_000), 2_550)
    yen = gone(a_payment(7_000, currency="JPY"), 700)
    came_back(back, NOW + timedelta(days=3))
    issue(a_payment(10_000), 999)
    gone(a_payment(10_000), 123, datetime(2026, 12, 1, tzinfo=UTC))
    return [kept, back, yen]


def test_a_month_by_hand():
    a_november()
    found = the_month()
    euros, yen = found["EUR"], found["JPY"]
    assert [each.minor for each in (euros.out, euros.back, euros.net)] == [8_550, 2_550, 6_000]
    assert (euros.booked_out, euros.booked_back) == (euros.out, euros.back)
    assert euros.ties and yen.ties
    assert yen.net == yen.booked == Money(700, "JPY")
    assert {(each.state, each.count, each.out.minor, each.back.minor) for each in euros.groups} == {
        ("succeeded", 1, 6_000, 0),
        ("failed", 1, 2_550, 2_550),
    }
    assert {each.net.minor for each in lines_of(NOVEMBER)} == {6_000, 0, 700}
    assert [each.net.minor for each in refunds_of(date(2026, 12, 24))] == [123]


def test_the_day_after_is_another_month():
    gone(a_payment(10_000), 100, datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
    gone(a_payment(10_000), 200, datetime(2026, 12, 1, tzinfo=UTC))
    assert the_month()["EUR"].out.minor == 100
    assert all(each.ties for month in (NOVEMBER, date(2026, 12, 1)) for each in refunds_of(month))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_postingline SET amount_minor = amount_minor - 1 WHERE id = {line}",
        "UPDATE billing_refund SET amount_minor = amount_minor + 1 WHERE id = {refund}",
        "UPDATE billing_refund SET succeeded_at = NULL WHERE id = {refund}",
        "UPDATE billing_postingline SET day = '2026-10-31' WHERE id = {line}",
        "DELETE FROM billing_postingline WHERE id = {line}",
    ],
)
def test_a_corruption_shows_with_its_refund(statement):
    kept, *_ = a_november()
    line = PostingLine.objects.get(
        posting__subject_kind="refund", posting__subject_id=kept.pk, account="gateway_clearing"
    )
    corrupt(statement.format(line=line.pk, refund=kept.pk))
    euros = the_month()["EUR"]
    assert not euros.ties
    assert not euros.difference.is_zero
    assert [each.reference for each in euros.apart] == [kept.reference]
    assert the_month()["JPY"].ties


def test_two_errors_that_cancel_each_other_out_do_not_tie():
    first, second = (gone(a_payment(10_000), 1_000) for _ in range(2))
    corrupt(f"UPDATE billing_refund SET amount_minor = 900, from_balance_minor = 0 WHERE id = {first.pk}")
    corrupt(f"UPDATE billing_refund SET amount_minor = 1100, from_balance_minor = 0 WHERE id = {second.pk}")
    euros = the_month()["EUR"]
    assert euros.difference.is_zero
    assert not euros.ties
    assert {each.difference.minor for each in euros.apart} == {-100, 100}


def test_it_asks_the_same_number_of_questions_for_many(django_assert_num_queries):
    for _ in range(4):
        gone(a_payment(10_000), 100)
    with django_assert_num_queries(2):
        refunds_of(NOVEMBER)


def corrupt(statement: str) -> None:
    """As nobody but the owner of the tables could, past every trigger; the test's end takes it back."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("billing_refund", "billing_postingline"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        assert cursor.rowcount == 1
