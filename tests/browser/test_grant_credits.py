"""Support grants goodwill alone within the limit; above it finance decides; an auditor finds both."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import Desk
from tests.browser.picking import Paid, paid


def open_dialog(page: Page, customer: Paid) -> Locator:
    """From the customer's page, as a person does."""
    page.goto(f"/customers/{customer.customer}/")
    page.get_by_role("link", name="Grant credits…").first.click()
    dialog = page.get_by_role("dialog", name="Grant credits")
    expect(dialog).to_be_visible()
    return dialog


def fill(dialog: Locator, unit: str, amount: str, reason: str) -> None:
    dialog.get_by_label("Unit").select_option(label=unit)
    dialog.get_by_label("Amount").fill(amount)
    dialog.get_by_label("Reason").fill(reason)


def test_goodwill_within_the_limit_and_above_it(desk: Desk, page_as, axe) -> None:
    customer = paid(desk)
    support: Page = page_as("support")
    dialog = open_dialog(support, customer)
    fill(dialog, "AI requests", "1,200", "Two hours of outage on Tuesday.")
    expect(dialog.locator("#effects")).to_contain_text("1,200 AI requests are granted")
    expect(dialog.locator("#effects")).not_to_contain_text("second person")
    axe(support)
    dialog.locator("#primary").dblclick()
    support.wait_for_url(re.compile(r"/credits/\d+/"))
    expect(support.get_by_text("Two hours of outage on Tuesday.").first).to_be_visible()
    axe(support)
    granted = "SELECT count(*) FROM billing_creditentry WHERE reason LIKE %s"
    assert desk.one(granted, "Two hours of outage on Tuesday.%") == 1

    dialog = open_dialog(support, customer)
    fill(dialog, "Store credit in EUR", "120.00", "A month without exports.")
    expect(dialog.locator("#effects")).to_contain_text("This goes to a second person first")
    dialog.locator("#primary").click()
    support.wait_for_url("**/approvals/**")
    expect(support.get_by_text("Given by hand in the last 90 days")).to_be_visible()
    assert desk.one(granted, "A month without exports.%") == 0

    finance: Page = page_as("finance")
    finance.goto(support.url)
    expect(finance.get_by_text("Two hours of outage on Tuesday.").first).to_be_visible()
    axe(finance)
    finance.get_by_role("link", name="Approve 120.00 EUR…").click()
    dialog = finance.get_by_role("dialog", name="Approve the request")
    dialog.get_by_label("Note").fill("They were very patient.")
    dialog.locator("#primary").dblclick()
    expect(finance.get_by_text("Ines Marchetti said yes")).to_be_visible()
    assert desk.one(granted, "A month without exports.%") == 1

    finance.goto(f"/customers/{customer.customer}/")
    story = finance.locator("main")
    for said in ("1,200 AI requests granted as goodwill", "They were very patient.", "Jude Okafor"):
        expect(story.get_by_text(said).first).to_be_visible()

    auditor: Page = page_as("auditor")
    auditor.goto("/credits/by-hand/?view=goodwill&movement=grant&source=goodwill")
    for who, why in (("Jude Okafor", "Two hours of outage"), ("Ines Marchetti", "A month without exports")):
        row = auditor.get_by_role("row").filter(has_text=why)
        expect(row).to_contain_text(who)
        expect(row).to_contain_text(customer.name)
    axe(auditor)


def test_a_grant_to_many_has_a_result_for_each(desk: Desk, page_as) -> None:
    support: Page = page_as("support")
    support.goto("/customers/")
    for _ in range(3):
        support.keyboard.press("j")
        support.keyboard.press("x")
    support.locator("#selbar [data-bulk]").filter(has_text="Grant credits").click()
    dialog = support.get_by_role("dialog", name="Grant credits")
    fill_many = dialog.get_by_label("Amount for each")
    fill_many.fill("500")
    dialog.get_by_label("Reason").fill("Everybody of the pilot gets some.")
    expect(dialog.locator("#effects")).to_contain_text("3 customers get 500 tokens each, 1,500 tokens in all")
    dialog.locator("#primary").click()
    support.wait_for_url("**/runs/**")
    desk.until(
        "SELECT count(*) = 3 FROM billing_creditentry WHERE reason = %s", "Everybody of the pilot gets some."
    )
    expect(support.get_by_text("Granted 500")).to_have_count(3)
