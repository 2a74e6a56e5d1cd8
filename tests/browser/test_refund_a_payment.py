"""Support refunds a payment: through the worker, the sandbox and a webhook back, none of them mocked."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.picking import paid
from tests.browser.refunding import arrived, fill, open_dialog, reference_on


def refunds_of(desk: Desk, payment: int) -> list[tuple]:
    return desk.rows(
        "SELECT reference, amount_minor, state FROM billing_refund WHERE payment_id = %s ORDER BY id", payment
    )


def test_a_part_goes_back_and_is_seen_to_arrive(desk: Desk, page_as, axe) -> None:
    payment = paid(desk)
    page: Page = page_as("support")
    dialog = open_dialog(page, payment)
    expect(dialog.get_by_label("Amount")).to_be_focused()
    axe(page)
    fill(dialog, "12.30", "Service disruption")
    dialog.get_by_label("Note for us").fill("Two hours down on Tuesday, see the incident page.")
    expect(dialog.locator("#effects")).to_contain_text("12.30 EUR goes back to")
    primary = dialog.get_by_role("button", name="Refund 12.30 EUR")
    primary.click()

    reference = reference_on(page)
    arrived(desk, page, reference)
    expect(page.get_by_text("Two hours down on Tuesday")).to_be_visible()
    assert page.title().startswith(reference)
    axe(page)

    assert refunds_of(desk, payment.pk) == [(reference, 1230, "succeeded")]
    # The sandbox told of it over HTTP with a signature, and the desk stored the message once.
    desk.until(
        "SELECT count(*) FROM billing_sandboxevent WHERE body->'data'->'object'->>'reference' = %s"
        " AND delivered_at IS NOT NULL",
        reference,
    )
    assert desk.one(
        "SELECT count(*) FROM billing_webhookevent WHERE source = 'sandbox' AND object_id ="
        " (SELECT gateway_id FROM billing_refund WHERE reference = %s)",
        reference,
    )
    page.goto(payment.address)
    expect(page.get_by_role("link", name=re.compile(reference[-8:])).first).to_be_visible()


def test_the_whole_is_what_the_dialog_proposes(desk: Desk, page_as) -> None:
    payment = paid(desk)
    page = page_as("support")
    dialog = open_dialog(page, payment)
    fill(dialog, reason="Duplicate charge")
    dialog.locator("#primary").click()
    reference = reference_on(page)
    assert refunds_of(desk, payment.pk)[0][:2] == (reference, payment.amount_minor)
    desk.until("SELECT state = 'succeeded' FROM billing_refund WHERE reference = %s", reference)
    page.goto(payment.address)
    refused = page.get_by_role("button", name=re.compile("Refund…"))
    expect(refused).to_have_attribute("aria-disabled", "true")


def test_too_much_is_refused_and_the_form_kept(desk: Desk, window, page_as) -> None:
    payment = paid(desk)
    page = page_as("support")
    window.watch(page).expect(422)
    dialog = open_dialog(page, payment)
    fill(dialog, f"{payment.amount_minor // 100 + 1}.00")
    dialog.get_by_label("Note for us").fill("She asked for more than she paid.")
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.status == 422):
        dialog.locator("#primary").click()
    expect(dialog.get_by_label("Amount")).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_label("Amount")).to_be_focused()
    expect(dialog.get_by_label("Note for us")).to_have_value("She asked for more than she paid.")
    expect(dialog.get_by_label("Reason", exact=True)).to_have_value("goodwill")
    assert refunds_of(desk, payment.pk) == []
    dialog.get_by_label("Amount").fill("1.00")
    dialog.locator("#primary").click()
    reference_on(page)
    assert [row[1] for row in refunds_of(desk, payment.pk)] == [100]


@pytest.mark.parametrize("amount", ["0", "-5", "1.005", "9999999999", "twelve"])
def test_an_amount_that_makes_no_sense_is_refused(desk: Desk, window, page_as, amount: str) -> None:
    payment = paid(desk)
    page = page_as("support")
    window.watch(page).expect(422)
    dialog = open_dialog(page, payment)
    fill(dialog, amount)
    dialog.locator("#primary").click()
    expect(dialog.get_by_label("Amount")).to_have_attribute("aria-invalid", "true")
    assert refunds_of(desk, payment.pk) == []


def test_pressing_twice_makes_one_refund(desk: Desk, page_as) -> None:
    payment = paid(desk)
    page = page_as("support")
    dialog = open_dialog(page, payment)
    fill(dialog, "2.00")
    dialog.locator("#primary").dblclick()
    reference_on(page)
    assert len(refunds_of(desk, payment.pk)) == 1


def test_one_form_sent_twice_past_the_page_makes_one_refund(desk: Desk, page_as) -> None:
    """As when two tabs hold the same form: the page's own guard is not in the way, the form's key is."""
    payment = paid(desk)
    page = page_as("support")
    page.goto(payment.refund_address)
    fill(page, "3.00")
    statuses = page.evaluate(
        """async () => {
          const form = document.querySelector("form.action-form");
          const send = () => fetch(form.action, {method: "POST", body: new FormData(form)});
          return (await Promise.all([send(), send(), send()])).map((answer) => answer.status);
        }"""
    )
    assert statuses == [200, 200, 200]
    assert len(refunds_of(desk, payment.pk)) == 1


def test_a_refund_that_the_gateway_declines_is_told(desk: Desk, page_as) -> None:
    """The card was stolen: nothing arrives, and the amount is free again."""
    payment = paid(desk)
    page = page_as("support")
    dialog = open_dialog(page, payment)
    fill(dialog, "4.00")
    desk.rows(
        'UPDATE billing_sandboxobject SET body = body || \'{"card": "9979"}\' WHERE id = %s RETURNING id',
        payment.gateway_id,
    )
    dialog.locator("#primary").click()
    reference = reference_on(page)
    arrived(desk, page, reference, "failed")
    expect(page.get_by_text("reported lost or stolen").first).to_be_visible()
    assert refunds_of(desk, payment.pk) == [(reference, 400, "failed")]
    expect(page.get_by_role("link", name="Refund again…")).to_be_visible()
