"""Pages by the keys of the last row: complete, without doubles, both ways, and of one price everywhere."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from billing.models import Payment
from dashboard.lists.keyset import BadCursor, Cursor, read_cursor
from dashboard.lists.page import page_keys, page_of
from dashboard.lists.state import read
from dashboard.payments.screen import PAYMENTS
from tests import make

pytestmark = pytest.mark.django_db

CREATED, AMOUNT = PAYMENTS.sorts


def state_of(query: str) -> Any:
    return read(PAYMENTS, QueryDict(f"view=all&{query}"), [])


def walk(query: str, way: str = "next") -> list[int]:
    """Every row from the first page to the last, by the links."""
    seen: list[int] = []
    page = page_of(state_of(query), None)
    while True:
        seen += [row.pk for row in page.rows]
        if not page.next:
            return seen
        page = page_of(state_of(f"{query}&after={page.next}"), None)


@pytest.mark.parametrize("sort", ["-created", "created", "-amount", "amount"])
def test_pages_hold_every_row_once_in_order(sort: str) -> None:
    make.payments(70)
    make.payments(63, amount_minor=9950)
    key = sort.removeprefix("-")
    fields = {"created": ("created_at", "pk"), "amount": ("amount_minor", "pk")}[key]
    signs = [("-" if sort.startswith("-") else "") + field for field in fields]
    assert walk(f"sort={sort}") == list(Payment.objects.order_by(*signs).values_list("pk", flat=True))


def test_rows_of_the_same_moment_are_not_lost_between_pages() -> None:
    owner = make.customer()
    for _ in range(60):
        make.payments(2, owner)
    assert len(set(walk("sort=-created"))) == 120


def test_back_leads_to_the_page_one_came_from() -> None:
    make.payments(130)
    first = page_of(state_of(""), None)
    second = page_of(state_of(f"after={first.next}"), None)
    third = page_of(state_of(f"after={second.next}"), None)
    assert (second.first, second.last, third.first, third.last) == (51, 100, 101, 130)
    assert not third.next
    back = page_of(state_of(f"before={third.previous}"), None)
    assert [row.pk for row in back.rows] == [row.pk for row in second.rows]
    assert (back.first, back.last) == (51, 100)
    top = page_of(state_of(f"before={back.previous}"), None)
    assert [row.pk for row in top.rows] == [row.pk for row in first.rows]
    assert not top.previous


def test_a_row_that_comes_meanwhile_moves_no_page() -> None:
    make.payments(80)
    first = page_of(state_of(""), None)
    make.payment(created_at=make.NOW + timedelta(days=1))
    second = page_of(state_of(f"after={first.next}"), None)
    assert not {row.pk for row in first.rows} & {row.pk for row in second.rows}
    assert len(second.rows) == 30


def test_several_values_are_merged_in_one_order() -> None:
    make.payments(120, states=("failed", "succeeded", "unknown"))
    found = walk("state=failed&state=unknown&sort=-created")
    assert found == list(
        Payment.objects.filter(state__in=["failed", "unknown"])
        .order_by("-created_at", "-pk")
        .values_list("pk", flat=True)
    )


def tampered() -> list[str]:
    def code(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    at = "2026-11-18T13:32:00+00:00"
    return [
        "",
        "A",
        "not base64 !",
        code(None),
        code([]),
        code({"a": 1}),
        code(["amount", 1, 50, [9900, 1]]),
        code(["created", 0, 50, [at, 1]]),
        code(["created", 1, -1, [at, 1]]),
        code(["created", 1, 10**30, [at, 1]]),
        code(["created", 1, 50, [at]]),
        code(["created", 1, 50, [at, 1, 2]]),
        code(["created", 1, 50, ["2026-11-18", 1]]),
        code(["created", 1, 50, ["2026-11-18T13:32:00", 1]]),
        code(["created", 1, 50, [at, "1; DROP TABLE billing_payment"]]),
        code(["created", 1, 50, [at, 10**30]]),
        code(["created", 1, 50, [at, None]]),
        code(["created", 1, 50, [at, [1]]]),
        code(["created", 1, 50, [True, 1]]),
        "A" * 5000,
        code([[[[[[]]]]]] * 50),
    ]


@pytest.mark.parametrize("text", tampered())
def test_a_tampered_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        read_cursor(text, CREATED, descending=True, model=Payment)


@pytest.mark.parametrize("text", [text for text in tampered() if text])
def test_and_the_desk_shows_the_first_page(desk: Client, text: str) -> None:
    make.payments(3)
    response = desk.get("/payments/", {"view": "all", "after": text})
    assert response.status_code == 200
    assert len(response.context["rows"]) == 3
    assert "first page" in response.context["troubles"][-1]


def test_a_cursor_reads_back_what_was_written() -> None:
    cursor = Cursor((make.NOW, 12), 50)
    assert (
        read_cursor(cursor.write(CREATED, descending=True), CREATED, descending=True, model=Payment) == cursor
    )


def test_keys_are_read_without_joins(django_assert_num_queries: Any) -> None:
    make.payments(60)
    with django_assert_num_queries(1) as captured:
        page_keys(state_of(""), None, 51, backwards=False, user=None)
    assert "JOIN" not in captured[0]["sql"] and "OFFSET" not in captured[0]["sql"]
