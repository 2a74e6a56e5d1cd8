"""A list by keyboard: j and k move, x selects, p peeks, Enter opens, Esc goes back a step."""

import re

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def page(page_as, quiet_list: str) -> Page:
    page = page_as("finance")
    page.goto(quiet_list)
    expect(page.locator("tr[data-row]")).to_have_count(50)
    return page


def references(page: Page) -> list[str]:
    return page.locator("tr[data-row]").evaluate_all("(rows) => rows.map((row) => row.dataset.row)")


def expect_current(page: Page, row: str) -> None:
    current = page.locator("tr[data-row].is-current")
    expect(current).to_have_count(1)
    expect(current).to_have_attribute("data-row", row)


def test_keys_move_select_and_open(page: Page, axe) -> None:
    rows = references(page)
    for _ in range(3):
        page.keyboard.press("j")
    expect_current(page, rows[2])
    page.keyboard.press("k")
    expect_current(page, rows[1])
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#selbar")).to_be_visible()
    expect(page.locator("#selbar [data-picked-count]")).to_have_text("2")
    axe(page)
    page.keyboard.press("Escape")
    expect(page.locator("#selbar")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/payments/{rows[2]}/")


def test_a_row_peeks_open_and_the_place_is_kept(page: Page, axe) -> None:
    rows = references(page)
    page.keyboard.press("j")
    page.keyboard.press("p")
    peek = page.locator("#peek")
    expect(peek).to_be_visible()
    expect(peek).to_contain_text(rows[0])
    expect(page).to_have_url(re.compile(f"peek={rows[0]}"))
    axe(page)
    page.keyboard.press("j")
    expect(peek).to_contain_text(rows[1])
    page.reload()
    expect(peek).to_contain_text(rows[1])
    assert references(page) == rows
    page.keyboard.press("Escape")
    expect(peek).to_be_hidden()
    expect(page).not_to_have_url(re.compile("peek="))
    assert references(page) == rows


def test_the_url_is_the_whole_state(page: Page, page_as) -> None:
    page.locator("[data-filter-menu] summary").click()
    form = page.locator("[data-filter-menu] form")
    form.get_by_label("Failed", exact=True).check()
    form.get_by_role("button", name="Show").click()
    chip = page.locator(".chip", has_text="Failed")
    expect(chip).to_be_visible()
    expect(page).to_have_url(re.compile("state=failed"))
    shown = references(page)
    assert shown
    other = page_as("support")
    other.goto(page.url)
    assert references(other) == shown
    chip.get_by_role("link", name="Remove filter").click()
    expect(chip).to_have_count(0)
    expect(page).not_to_have_url(re.compile("state=failed"))


def test_pages_turn_forth_and_back(page: Page) -> None:
    first = references(page)
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(f"tr[data-row='{first[0]}']")).to_have_count(0)
    expect(page.locator("tr[data-row]")).to_have_count(50)
    second = references(page)
    assert not set(first) & set(second)
    page.get_by_role("link", name="Previous page").click()
    expect(page.locator(f"tr[data-row='{first[0]}']")).to_have_count(1)
    expect(page.locator("tr[data-row]")).to_have_count(50)
    assert references(page) == first
    page.go_back()
    expect(page.locator(f"tr[data-row='{second[0]}']")).to_have_count(1)


def test_a_dialog_gives_the_focus_back(page: Page) -> None:
    save = page.get_by_role("link", name="Save view")
    save.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(save).to_be_focused()


def test_the_phone_reads_and_scrolls_nowhere_sideways(page_as, axe) -> None:
    page = page_as("support", width=390)
    for address in ("/payments/", "/refunds/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        axe(page)


def test_the_page_never_scrolls_behind_its_list(page: Page) -> None:
    """The list scrolls in its pane; a page that grew below the window would show nothing there."""
    for _ in range(40):
        page.keyboard.press("j")
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
