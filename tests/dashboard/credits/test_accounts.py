"""The list of accounts and an account's page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.credits import services
from billing.credits.models import CreditAccount, CreditEntry, CreditLot
from billing.ids import form_key
from billing.money import Money
from tests import make, plans
from tests.dashboard.credits.desk import WORKER, burnt, desk_of, granted

pytestmark = pytest.mark.django_db


def page(role: str, account: CreditAccount, query: str = "") -> str:
    answer = desk_of(role).get(reverse("credits:show", args=[account.pk]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def in_debt() -> CreditAccount:
    """5,000 granted, all used, 2,000 of it clawed back."""
    customer = make.customer("Kestrel & Lowe LLP")
    account = granted(customer)
    burnt(customer, 5_000)
    services.claw_back(
        lot_id=CreditLot.objects.get().pk, returned_minor=40, paid_minor=100, actor=WORKER,
        now=timezone.now(), key=form_key(),
    )  # fmt: skip
    account.refresh_from_db()
    return account


def test_the_list_shows_balance_and_next_end_and_marks_a_debt():
    in_debt()
    granted(make.customer("Sofia Marchetti"), 7_500, "ai_requests", expires_at=timezone.now() + timedelta(9))
    said = desk_of("auditor").get(reverse("credits:index")).content.decode()
    for part in ("Kestrel &amp; Lowe LLP", "Sofia Marchetti", "Owes 2,000 tokens", "7,500", "−2,000"):
        assert part in said
    assert said.count("Owes") == 1


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("unit=ai_requests", {"Sofia"}),
        ("debt=yes", {"Kestrel"}),
        ("debt=no", {"Sofia"}),
        ("customer={sofia}", {"Sofia"}),
    ],
)
def test_each_filter_narrows(query: str, shown: set[str]):
    in_debt()
    sofia = make.customer("Sofia Marchetti")
    granted(sofia, 7_500, "ai_requests")
    address = f"{reverse('credits:index')}?view=all&{query.format(sofia=sofia.reference)}"
    rows = desk_of("support").get(address).content.decode().split("<tbody", 1)[1]
    assert {name for name in ("Sofia", "Kestrel") if name in rows} == shown


def test_the_csv_has_units_and_money_apart():
    granted(make.customer("Sofia Marchetti"), 7_500)
    services.give_store_credit(
        customer_id=make.customer("Jürgen Köhler").pk,
        amount=Money(1_250, "EUR"),
        actor=WORKER,
        now=timezone.now(),
        key=form_key(),
        reason="Agreed",
    )
    answer = desk_of("finance").get(f"{reverse('credits:index')}?format=csv")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "tokens,7500" in text
    assert "12.50" in text


def test_an_account_tells_lots_ledger_and_debt():
    said = page("support", in_debt())
    for part in (
        "The customer owes 2,000 tokens",
        "Tier grant",
        "Clawed back",
        "−5,000",
        "+5,000",
        "−2,000",
        "Debt of",
        "Grant…",
    ):
        assert part in said, part


def test_a_movement_expands_to_the_lots_that_paid():
    customer = make.customer()
    soon = timezone.now() + timedelta(days=3)
    account = granted(customer, 300, expires_at=soon)
    granted(customer, 1_000)
    burnt(customer, 400)
    said = page("finance", account)
    assert "2 lots" in said
    assert "−300" in said
    assert "−100" in said


def test_an_auditor_sees_that_granting_is_not_theirs():
    said = page("auditor", granted(make.customer()))
    assert "Your role may not do this; Support, Finance and Admin may." in said
    assert "Take back…" not in said
    assert "Undo it…" not in said


def test_an_account_that_is_not_there_is_not_found():
    assert desk_of("support").get(reverse("credits:show", args=[987654])).status_code == 404


@pytest.mark.parametrize("query", ["?before=x", "?movement=none", "?at=99999999999999999999", "?before=-1"])
def test_an_address_that_cannot_be_read_shows_the_newest(query: str):
    assert "Tier grant" in page("support", granted(make.customer()), query)


def test_the_ledger_narrows_to_a_movement_and_pages_by_key():
    customer = make.customer()
    account = granted(customer, 1_000_000)
    many(account, 120)
    said = page("support", account)
    assert 'rel="next"' in said
    oldest = CreditEntry.objects.order_by("pk").first()
    assert f'id="entry-{oldest.pk}"' not in said
    assert f'id="entry-{oldest.pk}"' in page("support", account, "?movement=grant")
    assert f'id="entry-{oldest.pk}"' in page("support", account, f"?before={oldest.pk + 1}")


MANY = """
INSERT INTO billing_creditentry (account_id, movement, amount, balance_after, at, lot_ids, lot_amounts, key,
    digest, reason, actor_kind, actor_ref, actor_name, request_id, subject_kind, subject_id, cause, shortfall)
SELECT %(account)s, 'burn', -1, %(balance)s - n, now(), ARRAY[%(lot)s::bigint], ARRAY[-1::bigint],
    'bulk:' || %(account)s || ':' || (%(balance)s - n), '', '', 'system',
    'system:worker', 'Worker', '', '', NULL, '', 0
FROM generate_series(1, %(count)s) n
"""


def many(account: CreditAccount, count: int) -> None:
    """So many uses of one unit each, in one statement."""
    lot = CreditLot.objects.filter(account=account).latest("pk")
    account.refresh_from_db()
    values = {"account": account.pk, "lot": lot.pk, "count": count, "balance": account.balance}
    with connection.cursor() as cursor:
        cursor.execute(MANY, values)


def test_a_long_ledger_opens_as_fast_as_a_short_one():
    account = granted(make.customer(), 1_000_000)
    many(account, 60)
    client = desk_of("support")
    address = reverse("credits:show", args=[account.pk])
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    many(account, 20_000)
    with CaptureQueriesContext(connection) as lots:
        answer = client.get(address)
    assert answer.status_code == 200
    assert len(lots) == len(few)
    for each in lots:
        if '"billing_credit' in each["sql"] and each["sql"].startswith("SELECT"):
            found = plans.cost_of(each["sql"].replace("%", "%%"))
            assert found.removed <= plans.ROWS_REMOVED, f"{found.removed} thrown away\n{each['sql']}"
            assert found.buffers <= plans.BUFFERS, f"{found.buffers} buffers\n{each['sql']}\n{found.plan}"
