"""Each fact posts once, whole, and is corrected only by its opposite."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from billing.history.actors import system
from billing.ledger import rules
from billing.ledger.models import ExchangeRate, Posting, PostingLine
from billing.ledger.services import Entry, post, post_many, reverse
from billing.money import Money
from tests.make import customer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 14, 9, tzinfo=UTC)
WORKER = system("worker")


def paid(reference: str = "PAY-1", minor: int = 9900, currency: str = "EUR") -> rules.Draft:
    amount = Money(minor, currency)
    return rules.payment_succeeded(reference, amount=amount, owed=amount)


def test_a_fact_is_posted_with_lines_that_sum_to_zero() -> None:
    posting = post(paid(), actor=WORKER, now=NOW)
    assert posting is not None
    lines = {line.account: line.amount_minor for line in posting.lines.all()}
    assert lines == {"gateway_clearing": 9900, "receivable": -9900}


def test_a_cause_is_posted_once() -> None:
    assert post(paid(), actor=WORKER, now=NOW) is not None
    assert post(paid(), actor=WORKER, now=NOW) is None
    assert Posting.objects.count() == 1
    assert PostingLine.objects.count() == 2


def test_many_are_posted_by_one_statement(django_assert_num_queries) -> None:
    post(paid("PAY-7"), actor=WORKER, now=NOW)
    with django_assert_num_queries(1):
        written = post_many([Entry(paid(f"PAY-{n}")) for n in range(1, 40)], actor=WORKER, now=NOW)
    assert len(written) == 38
    assert [each.cause for each in written] == [f"payment.succeeded:PAY-{n}" for n in range(1, 40) if n != 7]
    assert PostingLine.objects.count() == 78


def test_a_reversal_is_the_exact_opposite_and_happens_once() -> None:
    posting = post(paid(), actor=WORKER, now=NOW)
    assert posting is not None
    opposite = reverse(posting, cause="payment.reversed:PAY-1", actor=WORKER, now=NOW)
    assert opposite is not None
    assert opposite.reverses_id == posting.pk
    assert reverse(posting, cause="payment.reversed:again", actor=WORKER, now=NOW) is None
    assert sum(PostingLine.objects.values_list("amount_minor", flat=True)) == 0
    assert PostingLine.objects.filter(account="receivable").count() == 2


def test_a_cause_told_twice_at_once_is_posted_once_with_its_first_lines() -> None:
    twice = [Entry(paid("PAY-1", 9900)), Entry(paid("PAY-1", 100))]
    (written,) = post_many(twice, actor=WORKER, now=NOW)
    assert sorted(written.lines.values_list("amount_minor", flat=True)) == [-9900, 9900]


def test_what_is_given_back_is_what_was_written() -> None:
    about, whose = ("payment", 4711), customer().pk
    posting = post(paid(), actor=WORKER, now=NOW, subject=about, customer_id=whose)
    assert posting is not None
    kept = Posting.objects.get(pk=posting.pk)
    fields = [field.attname for field in Posting._meta.concrete_fields if field.name != "xid"]
    assert [getattr(posting, each) for each in fields] == [getattr(kept, each) for each in fields]
    assert (kept.subject_kind, kept.subject_id, kept.effective_on) == ("payment", 4711, NOW.date())


@pytest.mark.parametrize(
    ("currency", "rate", "minor", "reported"),
    [("JPY", "0.0061", 1500, 915), ("KWD", "3.025", 1500, 454), ("USD", "0.5", 1001, 501)],
)
def test_the_reporting_amount_is_in_minor_units_of_the_reporting_currency(
    currency: str, rate: str, minor: int, reported: int
) -> None:
    ExchangeRate.objects.create(
        day=date(2026, 11, 18), currency=currency, reporting_currency="EUR", rate=Decimal(rate)
    )
    posting = post(paid("PAY-1", minor, currency), actor=WORKER, now=NOW)
    assert posting is not None
    sides = posting.lines.order_by("-amount_minor").values_list("reporting_minor", "reporting_rate")
    assert list(sides) == [(reported, Decimal(rate)), (-reported, Decimal(rate))]


def test_the_reporting_amount_is_at_the_rate_of_the_day_and_unknown_without_one() -> None:
    ExchangeRate.objects.create(
        day=date(2026, 11, 1), currency="USD", reporting_currency="EUR", rate=Decimal("0.92")
    )
    ExchangeRate.objects.create(
        day=date(2026, 12, 1), currency="USD", reporting_currency="EUR", rate=Decimal("0.5")
    )
    dollars = post(paid("PAY-USD", 1001, "USD"), actor=WORKER, now=NOW)
    pounds = post(paid("PAY-GBP", 1001, "GBP"), actor=WORKER, now=NOW)
    assert dollars is not None
    assert pounds is not None
    line = dollars.lines.get(account="gateway_clearing")
    assert (line.reporting_minor, line.reporting_rate) == (921, Decimal("0.92"))
    unknown = pounds.lines.get(account="gateway_clearing")
    assert (unknown.reporting_minor, unknown.reporting_rate) == (None, None)


def line_sql(posting_id: int, minor: int) -> tuple[str, list[object]]:
    return (
        "INSERT INTO billing_postingline (posting_id, account, currency, amount_minor, day) "
        "VALUES (%s, 'bank', 'EUR', %s, '2026-11-18')",
        [posting_id, minor],
    )


def test_the_database_refuses_lines_that_do_not_sum_to_zero() -> None:
    posting = post(paid(), actor=WORKER, now=NOW)
    assert posting is not None
    with (
        pytest.raises(IntegrityError, match="off by 5 minor units of EUR"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(*line_sql(posting.pk, 5))


@pytest.mark.django_db(transaction=True)
def test_the_database_takes_no_further_lines_for_another_transactions_posting() -> None:
    posting = post(paid(), actor=WORKER, now=NOW)
    assert posting is not None
    with pytest.raises(IntegrityError, match="takes no more lines"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_postingline (posting_id, account, currency, amount_minor, day) VALUES "
            "(%s, 'bank', 'EUR', 5, '2026-11-18'), (%s, 'receivable', 'EUR', -5, '2026-11-18')",
            [posting.pk, posting.pk],
        )


@pytest.mark.parametrize("table", ["billing_posting", "billing_postingline", "billing_mrrmovement"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_applications_role_cannot_change_the_ledger(table: str, statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))
