"""What differs between two events of one object, and what the gateway itself says has changed."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from dashboard.webhooks.compare import as_told, compare
from tests import make
from tests.dashboard.webhooks.told import event_of, pending_refund


def kinds(before: Any, after: Any, told: Any = None) -> list[tuple[str, str, bool]]:
    return [(each.path, each.kind, each.told) for each in compare(before, after, told).rows]


def test_fields_are_added_removed_and_changed() -> None:
    before = {"id": "in_1", "status": "open", "amount": 1200, "currency": "eur", "gone": 1}
    after = {"id": "in_1", "status": "paid", "amount": 1200, "currency": "eur", "new": {"deep": [1, 2]}}
    assert kinds(before, after) == [
        ("status", "changed", False),
        ("new.deep[0]", "added", False),
        ("new.deep[1]", "added", False),
        ("gone", "removed", False),
    ]


def test_what_the_gateway_names_comes_first_and_is_marked() -> None:
    before, after = {"a": 1, "status": "open"}, {"a": 2, "status": "paid"}
    assert kinds(before, after, {"status": "open"}) == [("status", "changed", True), ("a", "changed", False)]


def test_its_own_word_counts_when_there_is_no_earlier_event() -> None:
    rows = as_told(
        {"status": "paid", "amount": 900, "currency": "eur"}, {"status": "open", "amount": 800}
    ).rows
    assert [(each.path, each.was, each.now) for each in rows] == [
        ("status", '"open"', '"paid"'),
        ("amount", "800", "900"),
    ]
    assert rows[1].now_aside == "9.00 EUR"


@pytest.mark.parametrize("empty", [None, {}, [], {"a": {}}, {"a": []}])
def test_nothing_is_compared_with_nothing(empty: Any) -> None:
    assert compare(empty, empty).rows == []


def test_a_null_and_a_missing_field_differ_as_do_a_number_and_its_text() -> None:
    assert kinds({"a": None}, {}) == [("a", "removed", False)]
    assert kinds({"a": 1}, {"a": "1"}) == [("a", "changed", False)]


def test_very_many_differences_are_cut_and_counted() -> None:
    found = compare({}, {f"f{place}": place for place in range(450)})
    assert (len(found.rows), found.more) == (200, 250)


@pytest.mark.django_db
def test_the_page_compares_with_the_one_before_or_with_the_one_asked_for(client: Client) -> None:
    client.force_login(make.member("support"))
    refund = pending_refund()
    first = event_of(refund, says="pending", happened_at=make.NOW - timedelta(hours=1), state="processed")
    middle = event_of(refund, says="succeeded", state="processed")
    last = event_of(refund, says="failed", happened_at=make.NOW + timedelta(hours=1))
    told = " ".join(client.get(f"/webhooks/{middle.pk}/").content.decode().split())
    assert "Since the event before" in told and "&quot;pending&quot;" in told
    told = " ".join(client.get(f"/webhooks/{middle.pk}/?against={last.pk}").content.decode().split())
    assert "What the later event changed" in told and "&quot;failed&quot;" in told
    assert "Since the event before" not in " ".join(
        client.get(f"/webhooks/{first.pk}/").content.decode().split()
    )
    last.payloads.all().delete()
    assert "no longer stored" in client.get(f"/webhooks/{middle.pk}/?against={last.pk}").content.decode()
