"""Every address stands in the registry of pictures, or says why it does not."""

from tests.browser.screens import NOT_PICTURED, SCREENS, routes
from tests.house.test_urls import ADDRESSES

# An address without a name is another spelling of one that has a name.
NAMES = {name for name, _, _ in ADDRESSES if not name.endswith("None")}


def test_every_address_is_pictured_or_says_why_not() -> None:
    missing = sorted(NAMES - routes() - set(NOT_PICTURED))
    assert not missing, "add to SCREENS or NOT_PICTURED in tests/browser/screens.py: " + ", ".join(missing)


def test_nothing_is_pictured_that_is_not_there() -> None:
    assert sorted((routes() | set(NOT_PICTURED)) - NAMES) == []


def test_lists_and_pages_are_always_pictured() -> None:
    excused = [name for name in NOT_PICTURED if name.endswith((":index", ":show"))]
    assert excused == []


def test_each_picture_has_a_name_of_its_own() -> None:
    names = [screen.name for screen in SCREENS]
    assert len(names) == len(set(names))
