"""What the journeys share: a desk, a browser signed in per role, and complaints that always count.

The desk is opened once a session on a copy of the demo company's book, because starting its processes costs
more than anything a journey does. Journeys therefore leave each other alone by working on a payment, customer
or member of their own (`picking.paid` gives one that nobody has touched); one that needs a book to itself
opens a desk of its own with `desk.opened()`. Processes that test side by side have a desk each.

What holds a journey together at any hour, in any order and on a loaded machine:

- The desk's worker does what journeys queue and starts nothing by the clock (`WORKER_SCHEDULES=no`): no
  renewal, charge or roll-up comes between two looks at a page. A journey about what a schedule does calls its
  command; that schedules run at all is shown on a desk of its own (`test_schedules.py`).
- A list that is looked at twice is narrowed to the past (`quiet_list`): journeys write into the present.
- Rows are found by their reference, never by their place; what a worker does is waited for in the database
  (`desk.until`), what a page shows with `expect`; nothing is read from a page that may still be on its way.
- What a journey needs of the book is there whatever the day: `selling.py` adds what the demo may lack.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.axe import assert_clean
from tests.browser.desk import Desk, opened
from tests.browser.window import Window


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def desk() -> Iterator[Desk]:
    """The desk of the session, on a copy of the demo company's book."""
    with opened() as desk:
        yield desk
        desk.at_rest()
        desk.stop("worker")
        desk.manage("verify_books")  # the journeys leave books that add up, or this raises


@pytest.fixture(scope="session")
def states() -> dict[tuple[str, str], Any]:
    return {}


@pytest.fixture
def window(browser: Browser, states: dict[tuple[str, str], Any]) -> Iterator[Window]:
    """Opens pages on any desk; closing it fails the test for what the browser complained of meanwhile."""
    window = Window(browser, states)
    yield window
    window.close()


@pytest.fixture
def page_as(window: Window, desk: Desk) -> Callable[..., Page]:
    """`page_as("support", width=390, theme="dark", scripts=False)`: a page of the session's desk."""

    def page_as(role: str = "", **options: Any) -> Page:
        return window.open(desk, role, **options)

    return page_as


@pytest.fixture(scope="session")
def quiet_list(desk: Desk) -> str:
    """The address of a list of payments that stands still: all up to three days ago, newest first."""
    until = desk.one("SELECT to_char(now() - interval '3 days', 'YYYY-MM-DD')")
    return f"/payments/?view=all&created_to={until}"


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """`axe(page)` fails for any violation of WCAG 2.2 AA, in light and in dark."""
    return assert_clean
