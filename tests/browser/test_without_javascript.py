"""With JavaScript off everything is a whole page: filter, sort, turn pages, peek, refund."""

import re

from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.picking import paid
from tests.browser.refunding import arrived, fill, reference_on


def references(page: Page) -> list[str]:
    """Of a whole page of the list, once it has come."""
    rows = page.locator("tr[data-row]")
    expect(rows).to_have_count(50)
    return [rows.nth(place).get_attribute("data-row") or "" for place in range(50)]


def test_a_list_is_narrowed_sorted_and_paged(page_as, quiet_list: str) -> None:
    page = page_as("support", scripts=False)
    page.goto(quiet_list)
    first = references(page)
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(f"tr[data-row='{first[0]}']")).to_have_count(0)
    assert not set(first) & set(references(page))
    page.get_by_role("link", name="Previous page").click()
    expect(page.locator(f"tr[data-row='{first[0]}']")).to_have_count(1)
    assert references(page) == first

    page.locator("[data-filter-menu] summary").click()
    form = page.locator("[data-filter-menu] form")
    form.get_by_label("Card", exact=False).first.fill("4242")
    form.get_by_role("button", name="Show").click()
    expect(page.locator(".chip", has_text="4242")).to_be_visible()
    page.get_by_role("columnheader", name="Amount").get_by_role("link").click()
    expect(page).to_have_url(re.compile("sort="))
    expect(page.get_by_role("columnheader", name="Reference").first).to_be_visible()
    expect(page.locator(".chip", has_text="4242")).to_be_visible()


def test_a_refund_is_asked_for_on_a_page_of_its_own(desk: Desk, page_as, window) -> None:
    payment = paid(desk)
    page = page_as("support", scripts=False)
    window.watch(page).expect(422)
    page.goto(payment.address)
    page.get_by_role("link", name="Refund…").first.click()
    page.wait_for_url(f"**{payment.refund_address}")
    fill(page, f"{payment.amount_minor // 100 + 5}.00")
    page.get_by_label("Note for us").fill("Asked for on the telephone.")
    page.locator("#primary").click()
    expect(page.get_by_label("Amount")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Note for us")).to_have_value("Asked for on the telephone.")
    fill(page, "1.50")
    page.locator("#primary").click()
    reference = reference_on(page)
    desk.until("SELECT state = 'succeeded' FROM billing_refund WHERE reference = %s", reference)
    page.reload()
    arrived(desk, page, reference)


def test_finding_and_signing_out_are_pages(page_as) -> None:
    page = page_as("support", scripts=False)
    page.goto("/payments/")
    page.get_by_role("link", name="Find anything").first.click()
    page.wait_for_url("**/find/**")
    expect(page.get_by_role("searchbox").or_(page.locator("main input[name=q]")).first).to_be_visible()
