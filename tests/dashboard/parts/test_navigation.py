"""The sidebar: what is built, what one may see, where one is, how much waits."""

from types import SimpleNamespace

import pytest

from dashboard.access.roles import PERMISSIONS
from dashboard.parts import navigation
from dashboard.parts.icons import icon_names
from dashboard.parts.navigation import GROUPS, Group, Item


def person(*permissions, signed_in=True):
    return SimpleNamespace(is_authenticated=signed_in, has_perm=lambda asked: asked in permissions)


@pytest.fixture
def built(monkeypatch):
    """Three screens, of which one is not built yet."""
    places = {"overview": "/", "refunds:index": "/refunds/", "payments:index": ""}
    monkeypatch.setattr(navigation, "address", lambda target: places.get(target, ""))
    groups = (
        Group("", (Item("Overview", "overview", "layout-dashboard"),)),
        Group(
            "Money",
            (
                Item("Payments", "payments:index", "credit-card", "payments.view"),
                Item("Refunds", "refunds:index", "receipt-refund", "refunds.view", "refunds"),
            ),
        ),
    )
    monkeypatch.setattr(navigation, "GROUPS", groups)


def labels(shown):
    return [entry.label for _, entries in shown for entry in entries]


def test_nobody_signed_in_sees_nothing(built):
    assert navigation.navigation_for(person(signed_in=False)) == []
    assert navigation.navigation_for(None) == []


def test_what_is_not_built_or_not_allowed_is_left_out_with_its_empty_group(built):
    assert labels(navigation.navigation_for(person("refunds.view", "payments.view"))) == [
        "Overview",
        "Refunds",
    ]
    assert [label for label, _ in navigation.navigation_for(person())] == [""]


@pytest.mark.parametrize(
    ("path", "current"),
    [("/", "Overview"), ("/refunds/", "Refunds"), ("/refunds/REF-1/", "Refunds"), ("/elsewhere/", None)],
)
def test_the_item_one_is_in_is_marked(built, path, current):
    shown = navigation.navigation_for(person("refunds.view"), path)
    assert [entry.label for _, entries in shown for entry in entries if entry.current] == (
        [current] if current else []
    )


def test_counts_are_asked_only_for_what_one_sees_and_zero_is_left_out(built, monkeypatch):
    asked = []
    monkeypatch.setattr(navigation, "_counters", {})
    navigation.register_count("refunds", lambda user: asked.append(user) or 10)
    assert navigation.counts_for(person()) == {} and not asked
    assert navigation.counts_for(person("refunds.view")) == {"refunds": 10}
    navigation.register_count("refunds", lambda user: 0)
    assert navigation.counts_for(person("refunds.view")) == {}


def test_each_item_has_an_icon_and_a_target_of_its_own():
    items = [item for group in GROUPS for item in group.items]
    assert {item.icon for item in items} <= icon_names()
    assert len({item.target for item in items}) == len(items)


def test_an_item_that_is_built_asks_for_a_permission_that_exists():
    for group in GROUPS:
        for item in group.items:
            if item.permission and navigation.address(item.target):
                assert item.permission in PERMISSIONS, item
