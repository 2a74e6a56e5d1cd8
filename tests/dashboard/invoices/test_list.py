"""The invoices list: what it shows, what it finds, what it costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.fetching import take_blocked
from dashboard.invoices.screen import INVOICES
from dashboard.lists.narrow import narrow_first
from dashboard.lists.page import page_keys
from dashboard.lists.state import read
from tests import make, plans
from tests.big import big_table

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def rows(desk: Client, query: str) -> str:
    take_blocked()
    answer = desk.get(f"/invoices/?{query}")
    assert answer.status_code == 200 and take_blocked() == []
    return answer.content.decode()


def test_tabs_hold_what_they_say(desk: Client) -> None:
    today = timezone.localdate()
    late = make.invoice(due_on=today - timedelta(days=1))
    in_time = make.invoice(due_on=today)
    without = make.invoice(due_on=None)
    draft = make.invoice(state="draft")
    paid = make.invoice(state="paid")
    overdue = rows(desk, "view=overdue&overdue=yes&sort=due")
    assert late.number in overdue and "Overdue" in overdue
    assert not any(each.label in overdue for each in (in_time, without, draft, paid))
    in_order = rows(desk, "view=all&overdue=no&sort=due")
    assert in_time.number in in_order and without.number in in_order and late.number not in in_order
    assert draft.reference in rows(desk, "view=drafts&state=draft")
    assert paid.number in rows(desk, "view=paid&state=paid")
    # One without a due day stands after all that have one.
    every = rows(desk, "view=all&sort=due")
    assert every.index(late.number) < every.index(in_time.number) < every.index(without.number)


def test_it_finds_by_number_ours_foreign_or_of_a_credit_note(desk: Client) -> None:
    ours = make.invoice()
    theirs = make.invoice(number=None, foreign_number="B5A1-0007", gateway="stripe", gateway_id="in_7")
    from tests.dashboard.invoices.test_page import credit_note

    note = credit_note(ours)
    assert theirs.reference in rows(desk, "view=all&number=B5A1-0007")
    found = rows(desk, f"view=all&number={note.number}")
    assert ours.reference in found and theirs.reference not in found
    assert theirs.reference in rows(desk, "view=all&issued_by=stripe")
    assert theirs.reference not in rows(desk, "view=all&issued_by=ours")


def test_of_one_subscription(desk: Client) -> None:
    subscription = make.subscription()
    its = make.invoice(subscription.customer, subscription=subscription)
    other = make.invoice()
    found = rows(desk, f"view=all&subscription={subscription.reference}")
    assert its.reference in found and other.reference not in found
    assert "No subscription has this reference" in rows(desk, "view=all&subscription=SUB-00000000")


def test_ten_and_forty_five_cost_the_same(desk: Client) -> None:
    for _ in range(10):
        make.invoice()
    rows(desk, "view=all")
    with CaptureQueriesContext(connection) as few:
        rows(desk, "view=all")
    for _ in range(35):
        invoice = make.invoice()
        make.allocation(make.payment(invoice.customer, amount_minor=100), invoice)
    with CaptureQueriesContext(connection) as many:
        rows(desk, "view=all")
    assert len(many) <= len(few)


def test_the_peek_and_the_export_say_what_is_open(desk: Client) -> None:
    invoice = make.invoice()
    make.allocation(make.payment(invoice.customer, amount_minor=900), invoice)
    assert "90.00" in rows(desk, f"view=all&peek={invoice.reference}")
    answer = desk.get("/invoices/?view=all&format=csv")
    text = b"".join(answer.streaming_content).decode()
    assert invoice.number in text and "90.00" in text and "Control total" in text


def test_no_row_teaches_what_will_stand_here(desk: Client) -> None:
    assert "Nothing has been invoiced yet" in rows(desk, "")


MANY = """
INSERT INTO billing_invoice (gateway, gateway_id, reference, number, foreign_number, customer_id, state,
    currency, net_minor, tax_minor, total_minor, bill_to, seller, evidence, tax_country,
    treatment, tax_why, outside_reference, created_at, finalised_at, due_on)
SELECT '', '', 'INV-20260101-' || lpad(n::text, 8, '0'), 'B-' || n, '', %(customer)s,
    CASE WHEN n %% 5000 = 7 THEN 'uncollectible' WHEN n %% 40 = 0 THEN 'open' ELSE 'paid' END,
    CASE WHEN n %% 20000 = 99 THEN 'GBP' ELSE 'EUR' END, 100 + n %% 5000, 0, 100 + n %% 5000,
    '{}', '{}', '{}', '', '', '', '',
    now() - n * interval '9 minutes', now() - n * interval '9 minutes',
    CASE WHEN n %% 9 = 1 THEN NULL ELSE (now() - n * interval '9 minutes')::date + 14 END
FROM generate_series(1, 60000) n
"""


def _is_the_page(sql: str) -> bool:
    return "billing_invoice" in sql and "WITH RECURSIVE" not in sql


def test_each_declared_pair_is_cheap_on_a_big_table() -> None:
    with big_table("billing_invoice", MANY, customer=make.customer().pk):
        for query in (
            "sort=-created", "sort=created", "state=open&sort=-created", "state=uncollectible&sort=-created",
            "currency=GBP&sort=-created", "issued_by=ours&sort=-created", "sort=due", "sort=-due",
            "state=open&sort=due", "overdue=yes&sort=due", "overdue=yes&sort=-due", "overdue=no&sort=due",
            "sort=-amount", "state=uncollectible&sort=-amount", "state=open&amount_min=20&sort=-amount",
            "number=B-777&sort=-created",
        ):  # fmt: skip
            state = read(INVOICES, QueryDict(f"view=all&{query}"), [])
            assert not state.troubles and narrow_first(state) is None, query
            with CaptureQueriesContext(connection) as captured:
                page_keys(state, None, 51, backwards=False, user=None)
            (one,) = [each for each in captured if _is_the_page(each["sql"])]
            found = plans.cost_of(one["sql"].replace("%", "%%"))
            assert found.removed <= plans.ROWS_REMOVED, f"{query}: {found.removed}\n{found.plan}"
            assert found.buffers <= plans.BUFFERS, f"{query}: {found.buffers}\n{found.plan}"
        told = narrow_first(read(INVOICES, QueryDict("view=all&overdue=yes&sort=-created"), []))
        assert told is not None and any("Sort by due" in each.label for each in told.remedies)
