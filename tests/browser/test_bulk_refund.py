"""Finance refunds several payments at once; one fails, says why, and is tried again once it can be."""

import re

from playwright.sync_api import Page, expect

from tests.browser.desk import PATIENCE, Desk
from tests.browser.picking import paid
from tests.browser.refunding import fill, open_dialog, reference_on
from tests.browser.test_approve_a_refund import ABOVE

MS = PATIENCE * 1000


def test_one_of_three_fails_and_is_retried_alone(desk: Desk, page_as, axe) -> None:
    chosen = [paid(desk), paid(desk), paid(desk, least=ABOVE, most=200_000)]
    blocked = chosen[-1]
    picks = "&".join(f"pick={each.pk}" for each in chosen)
    finance: Page = page_as("finance")
    desk.stop("worker")
    try:
        finance.goto(f"/lists/payments/bulk/refund/?{picks}")
        finance.get_by_label("Reason", exact=True).select_option(label="Service disruption")
        finance.get_by_label("Note for us").fill("The exports of Tuesday.")
        expect(finance.locator("#effects")).to_contain_text("3 payments in EUR.")
        axe(finance)
        finance.locator("#primary").dblclick()
        finance.wait_for_url("**/runs/**")
        expect(finance.get_by_text("is to go back").first).to_be_visible()
        axe(finance)

        support: Page = page_as("support")
        dialog = open_dialog(support, blocked)
        fill(dialog, "501.00", "Goodwill")
        dialog.locator("#primary").click()
        held = reference_on(support)
    finally:
        desk.start("worker")

    expect(finance.get_by_text("can still be refunded").first).to_be_visible(timeout=MS)
    expect(finance.get_by_text("1 failed.").first).to_be_visible()
    finance.get_by_role("link", name="See them").click()
    expect(finance.get_by_role("row").filter(has_text=blocked.reference)).to_be_visible()
    expect(finance.get_by_role("row").filter(has_text=chosen[0].reference)).to_have_count(0)
    axe(finance)

    run = finance.url
    request = desk.one("SELECT reference FROM billing_approval WHERE target_label = %s", held)
    finance.goto(f"/approvals/{request}/")
    finance.get_by_role("link", name="Reject…").click()
    dialog = finance.get_by_role("dialog", name="Reject the request")
    dialog.get_by_label("Reason").fill("They get all of it back already.")
    dialog.locator("#primary").click()
    expect(finance.get_by_text("Ines Marchetti said no")).to_be_visible()

    finance.goto(run)
    finance.get_by_role("button", name="Try the failed again").click()
    expect(finance.get_by_text("3 done.")).to_be_visible(timeout=MS)
    expect(finance.get_by_text(re.compile("is on its way")).nth(2)).to_be_visible()
    desk.until(
        "SELECT count(*) = 3 AND count(DISTINCT payment_id) = 3 FROM billing_refund "
        "WHERE form_key LIKE 'bulk:%%' AND state = 'succeeded' AND payment_id = ANY(%s)",
        [each.pk for each in chosen],
    )
