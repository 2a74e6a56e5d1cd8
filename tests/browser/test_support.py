"""Support has a customer on the phone: find them in seconds, see what happened, put it right."""

from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.picking import paid
from tests.browser.refunding import arrived, fill, reference_on


def test_a_customer_is_found_and_refunded_without_the_mouse(desk: Desk, page_as, axe) -> None:
    payment = paid(desk)
    page = page_as("support")
    page.goto("/payments/")
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Find anything")
    ask = palette.get_by_role("combobox")
    expect(ask).to_be_focused()
    ask.fill(payment.name)
    own = palette.locator(f"[role=option][href$='/customers/{payment.customer}/']")
    expect(own).to_contain_text(payment.name)
    axe(page)
    for _ in range(palette.get_by_role("option").count()):  # others may be called much the same
        if own.get_attribute("aria-selected") == "true":
            break
        page.keyboard.press("ArrowDown")
    expect(own).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/customers/{payment.customer}/")
    expect(page.get_by_text(payment.name).first).to_be_visible()
    axe(page)

    page.goto(f"/payments/?view=all&customer={payment.customer}")
    page.locator(f"tr[data-row='{payment.reference}'] a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{payment.address}")
    page.get_by_role("link", name="Refund…").first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Refund a payment")
    fill(dialog, "6.40", "Requested by customer")
    dialog.get_by_label("Note for us").fill("Called at ten.")
    page.keyboard.press("Control+Enter")
    reference = reference_on(page)
    arrived(desk, page, reference)

    page.keyboard.press("/")
    ask.fill(reference)
    expect(palette.get_by_role("option").first).to_contain_text(reference)
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()


def test_a_note_is_written_for_the_others(desk: Desk, page_as, axe) -> None:
    payment = paid(desk)
    page = page_as("support")
    page.goto(f"/customers/{payment.customer}/")
    page.get_by_role("link", name="Add note…").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").first.fill("Prefers to be called after four.")
    axe(page)
    dialog.locator("#primary").click()
    expect(page.get_by_text("Prefers to be called after four.").first).to_be_visible()
    other = page_as("finance")
    other.goto(f"/customers/{payment.customer}/")
    expect(other.get_by_text("Prefers to be called after four.").first).to_be_visible()


def test_what_the_customer_sees_is_shown_to_support(desk: Desk, page_as, axe) -> None:
    payment = paid(desk)
    page = page_as("support")
    page.goto(f"/customers/{payment.customer}/preview/")
    expect(page.get_by_text(payment.name).first).to_be_visible()
    axe(page)
