"""A session that ends while a form is open costs nothing that was typed."""

from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.picking import paid
from tests.browser.refunding import fill, open_dialog, reference_on
from tests.browser.window import EMAILS, sign_in


def test_the_form_is_kept_and_sent_after_signing_in_again(desk: Desk, page_as, window) -> None:
    payment = paid(desk)
    page = page_as()
    window.watch(page).expect(401, 403)
    sign_in(page, EMAILS["support"])
    dialog = open_dialog(page, payment)
    fill(dialog, "2.20")
    expect(dialog.locator("#primary")).to_contain_text("2.20")
    dialog.get_by_label("Note for us").fill("Typed with care.")
    page.context.clear_cookies()
    dialog.locator("#primary").click()
    expect(dialog.get_by_text("You are signed out")).to_be_visible()
    expect(dialog.get_by_label("Note for us")).to_have_value("Typed with care.")

    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in").click()
    tab = opened.value
    tab.wait_for_load_state()
    sign_in(tab, EMAILS["support"])
    tab.close()
    dialog.locator("#primary").click()
    reference = reference_on(page)
    assert desk.one("SELECT note_internal FROM billing_refund WHERE reference = %s", reference) == (
        "Typed with care."
    )


def test_a_page_asks_to_sign_in_and_comes_back(page_as) -> None:
    page = page_as()
    page.goto("/payments/?state=failed")
    page.wait_for_url("**/account/login/**")
    page.locator("input[name=login]").fill(EMAILS["finance"])
    page.get_by_label("Password", exact=True).fill("open-the-ledger")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/payments/?state=failed")
