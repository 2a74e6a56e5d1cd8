"""Support asks for more than its limit; finance decides; the customer's page tells the whole story."""

import re

from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.picking import Paid, paid
from tests.browser.refunding import fill, open_dialog, reference_on

ABOVE = 50_100


def asked_for(desk: Desk, page: Page) -> tuple[Paid, str, str]:
    """A refund above support's limit at once; gives the payment, the refund and its request."""
    payment = paid(desk, least=ABOVE, most=200_000)
    dialog = open_dialog(page, payment)
    fill(dialog, "501.00", "Service disruption")
    dialog.get_by_label("Note for us").fill("Three days without exports, see the incident page.")
    expect(dialog.locator("#effects")).to_contain_text("This goes to a second person first")
    dialog.locator("#primary").click()
    refund = reference_on(page)
    [(request,)] = desk.rows("SELECT reference FROM billing_approval WHERE target_label = %s", refund)
    return payment, refund, request


def test_support_asks_and_finance_says_yes(desk: Desk, page_as, axe) -> None:
    support: Page = page_as("support")
    payment, refund, request = asked_for(desk, support)
    expect(support.get_by_text("A second person decides about this refund")).to_be_visible()
    axe(support)
    support.get_by_role("link", name="Open the request").click()
    expect(support.get_by_role("button", name=re.compile("Approve"))).to_have_attribute(
        "aria-disabled", "true"
    )
    axe(support)

    finance: Page = page_as("finance")
    finance.goto("/approvals/")
    finance.locator(f"tr[data-row='{request}']").get_by_role("link").first.click()
    finance.wait_for_url(f"**/approvals/{request}/")
    expect(finance.get_by_text("Three days without exports").first).to_be_visible()
    axe(finance)
    finance.get_by_role("link", name="Approve 501.00 EUR…").click()
    dialog = finance.get_by_role("dialog", name="Approve the request")
    axe(finance)
    dialog.get_by_label("Note").fill("Agreed, they were out for three days.")
    dialog.locator("#primary").dblclick()
    expect(finance.get_by_text("Ines Marchetti said yes")).to_be_visible()

    desk.until("SELECT state = 'succeeded' FROM billing_refund WHERE reference = %s", refund)
    assert desk.one("SELECT count(*) FROM billing_refund WHERE payment_id = %s", payment.pk) == 1
    finance.goto(f"/customers/{payment.customer}/")
    story = finance.locator("main")
    expect(story.get_by_text("Agreed, they were out for three days.").first).to_be_visible()
    expect(story.get_by_text("Jude Okafor").first).to_be_visible()


def test_a_no_lets_the_amount_go_and_says_why(desk: Desk, page_as) -> None:
    support: Page = page_as("support")
    payment, refund, request = asked_for(desk, support)
    finance: Page = page_as("finance")
    finance.goto(f"/approvals/{request}/")
    finance.get_by_role("link", name="Reject…").click()
    dialog = finance.get_by_role("dialog", name="Reject the request")
    dialog.get_by_label("Reason").fill("The contract covers this outage by credits.")
    dialog.locator("#primary").click()
    expect(finance.get_by_text("Ines Marchetti said no")).to_be_visible()
    assert desk.one("SELECT state FROM billing_refund WHERE reference = %s", refund) == "rejected"
    support.goto(payment.address)
    expect(support.get_by_role("link", name="Refund…").first).to_be_visible()


def test_who_asked_cannot_say_yes_past_the_page(desk: Desk, page_as, window) -> None:
    finance: Page = page_as("finance")
    payment = paid(desk, least=1_000_100, most=10**9)
    dialog = open_dialog(finance, payment)
    fill(dialog, "10000.01", "Goodwill")
    dialog.locator("#primary").click()
    refund = reference_on(finance)
    [(request,)] = desk.rows("SELECT reference FROM billing_approval WHERE target_label = %s", refund)
    window.watch(finance).expect(422)
    finance.goto(f"/approvals/{request}/approval/")
    finance.locator("#primary").click()
    expect(finance.get_by_text("somebody else must decide").first).to_be_visible()
    assert desk.one("SELECT state FROM billing_refund WHERE reference = %s", refund) == "pending_approval"
