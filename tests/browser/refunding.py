"""What the journeys do with the refund dialog."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import Desk
from tests.browser.picking import Paid

REFERENCE = re.compile(r"/refunds/(REF-\d{8}-[0-9A-Z]{8})/")


def open_dialog(page: Page, payment: Paid) -> Locator:
    """From the payment's page, as a person does."""
    page.goto(payment.address)
    page.get_by_role("link", name="Refund…").first.click()
    dialog = page.get_by_role("dialog", name="Refund a payment")
    expect(dialog).to_be_visible()
    return dialog


def fill(form: Locator | Page, amount: str = "", reason: str = "Goodwill") -> None:
    if amount:
        form.get_by_label("Amount").fill(amount)
    form.get_by_label("Reason", exact=True).select_option(label=reason)


def reference_on(page: Page) -> str:
    """The refund whose page this has become."""
    page.wait_for_url(REFERENCE)
    found = REFERENCE.search(page.url)
    assert found
    return found[1]


def arrived(desk: Desk, page: Page, refund: str, state: str = "succeeded") -> None:
    """Wait until the gateway has answered, and the refund's page, which follows by itself, says so."""
    desk.until("SELECT state = %s FROM billing_refund WHERE reference = %s", state, refund)
    expect(page.locator(".lede .state-lg")).to_have_text(state.capitalize())
