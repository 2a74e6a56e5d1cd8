"""A customer's statement says what the books say, to the cent."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from billing.demo.writing import write
from billing.models import CreditLot, Customer, PostingLine
from reports.statements.account import statement_of
from tests import bulk
from tests.billing.demo.halden import TODAY, small

pytestmark = pytest.mark.django_db
LONG_AGO, FAR = date(2000, 1, 1), date(2100, 1, 1)


@pytest.fixture(scope="module")
def halden(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        write(small())
        bulk.analyse_the_book()
        yield
        transaction.set_rollback(True)


def test_all_statements_together_are_the_ledger_and_the_lots(halden) -> None:
    owed: dict[str, int] = {}
    held: dict[str, int] = {}
    for pk in Customer.objects.values_list("pk", flat=True):
        for account in statement_of([pk], LONG_AGO, FAR).accounts:
            assert account.opening.is_zero and not account.cut
            assert account.closing == account.receivable - account.balance
            moved = sum(line.change.minor for line in account.lines)
            assert moved == account.closing.minor
            owed[account.currency] = owed.get(account.currency, 0) + account.receivable.minor
            held[account.currency] = held.get(account.currency, 0) + account.balance.minor
    lines = PostingLine.objects.filter(customer__isnull=False).order_by()
    for account, ours, sign in (("receivable", owed, 1), ("customer_balance", held, -1)):
        sums = lines.filter(account=account).values_list("currency").annotate(total=Sum("amount_minor"))
        assert {c: m for c, m in ours.items() if m} == {c: sign * m for c, m in sums if m}
    lots = CreditLot.objects.filter(account__unit="money").order_by()
    left = lots.values_list("account__currency").annotate(total=Sum("remainder"))
    assert {c: m for c, m in held.items() if m} == {c: m for c, m in left if m}


def test_a_period_begins_where_the_one_before_it_ended(halden) -> None:
    busiest = (
        PostingLine.objects.filter(account="receivable", customer__isnull=False)
        .values_list("customer")
        .annotate(n=Sum("id"))
        .order_by("-n")[0][0]
    )
    middle = TODAY - timedelta(days=90)
    whole = statement_of([busiest], LONG_AGO, FAR).accounts[0]
    early = statement_of([busiest], LONG_AGO, middle).accounts[0]
    late = statement_of([busiest], middle + timedelta(days=1), FAR).accounts[0]

    assert (late.opening, late.closing) == (early.closing, whole.closing)
    assert early.lines + late.lines == whole.lines
    for one, other in pairwise(whole.lines):
        assert other.balance == one.balance + other.change


def test_a_long_one_costs_as_many_queries_as_a_short_one(halden) -> None:
    counts = set()
    for pk in Customer.objects.order_by("pk").values_list("pk", flat=True)[:40]:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            statement_of([pk], LONG_AGO, FAR)
        counts.add(len(seen))
    assert max(counts) <= 9
