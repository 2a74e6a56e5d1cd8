"""With JavaScript off everything is a whole page: filter, sort, turn pages, peek, refund."""

from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.picking import paid
from tests.browser.refunding import fill, reference_on


def references(page: Page) -> list[str]:
    return [row.get_attribute("data-row") or "" for row in page.locator("tr[data-row]").all()]


def test_a_list_is_narrowed_sorted_and_paged(page_as) -> None:
    page = page_as("support", scripts=False)
    page.goto("/payments/")
    first = references(page)
    page.get_by_role("link", name="Next page").click()
    assert not set(first) & set(references(page))
    page.get_by_role("link", name="Previous page").click()
    assert references(page) == first

    page.locator("[data-filter-menu] summary").click()
    form = page.locator("[data-filter-menu] form")
    form.get_by_label("Card", exact=False).first.fill("4242")
    form.get_by_role("button", name="Show").click()
    expect(page.locator(".chip", has_text="4242")).to_be_visible()
    page.get_by_role("columnheader", name="Amount").get_by_role("link").click()
    assert "sort=" in page.url
    page.get_by_role("columnheader", name="Reference").first.wait_for()
    assert page.locator(".chip", has_text="4242").is_visible()


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
    expect(page.get_by_text("Succeeded").first).to_be_visible()


def test_finding_and_signing_out_are_pages(page_as) -> None:
    page = page_as("support", scripts=False)
    page.goto("/payments/")
    page.get_by_role("link", name="Find anything").first.click()
    page.wait_for_url("**/find/**")
    expect(page.get_by_role("searchbox").or_(page.locator("main input[name=q]")).first).to_be_visible()
