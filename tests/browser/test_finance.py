"""Finance: nothing moves past the desk unseen, and what leaves it adds up."""

import csv
import io

from playwright.sync_api import expect

from billing.money.formatting import decimal_amount
from tests.browser.desk import Desk
from tests.browser.picking import Paid, paid

REFUND_ELSEWHERE = """
from billing.gateways.sandbox import Sandbox
from billing.money import Money
Sandbox().refund_elsewhere("{id}", Money({minor}, "{currency}"), reason="")
"""


def refunded_elsewhere(desk: Desk, payment: Paid, minor: int) -> str:
    """Somebody refunds at the gateway itself; the desk hears of it by a webhook."""
    code = REFUND_ELSEWHERE.format(id=payment.gateway_id, minor=minor, currency=payment.currency)
    desk.manage("shell", "--verbosity", "0", "-c", code)
    return str(
        desk.until(
            "SELECT reference FROM billing_refund WHERE payment_id = %s AND origin = 'gateway'", payment.pk
        )
    )


def test_a_refund_made_elsewhere_is_seen(desk: Desk, page_as, axe) -> None:
    payment = paid(desk)
    reference = refunded_elsewhere(desk, payment, 770)
    page = page_as("finance")
    page.goto("/refunds/?view=external&needs=external")
    row = page.locator(f"tr[data-row='{reference}']")
    expect(row).to_contain_text("External, unseen")
    row.get_by_role("link").first.click()
    page.wait_for_url(f"**/refunds/{reference}/")
    expect(page.get_by_text("not at this desk")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Mark as seen…").click()
    dialog = page.get_by_role("dialog", name="Mark as seen")
    expect(dialog).to_be_visible()
    axe(page)
    dialog.locator("#primary").click()
    expect(page.get_by_text("Ines Marchetti").first).to_be_visible()
    expect(page.get_by_text("not at this desk")).to_have_count(0)
    assert desk.one("SELECT seen_by_name FROM billing_refund WHERE reference = %s", reference) == (
        "Ines Marchetti"
    )
    page.goto("/refunds/?view=external&needs=external")
    expect(page.locator(f"tr[data-row='{reference}']")).to_have_count(0)


# Up to a day that is over for her, who is in Rome: no journey fails a payment of the past.
FAILED = """
SELECT currency, count(*), sum(amount_minor) FROM billing_payment WHERE state = 'failed'
AND (created_at AT TIME ZONE 'Europe/Rome')::date <= %s::date GROUP BY 1
"""


def test_an_export_carries_exactly_what_is_listed_and_its_total(desk: Desk, page_as) -> None:
    until = desk.one("SELECT to_char(now() - interval '3 days', 'YYYY-MM-DD')")
    page = page_as("finance")
    page.goto(f"/payments/?view=all&state=failed&created_to={until}")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Export CSV").click()
    text = saved.value.path().read_text(encoding="utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    rows = [line for line in lines[1:] if line and line[0].startswith("PAY-")]
    totals = [line for line in lines if line and line[0] == "Control total"]
    failed = desk.rows(FAILED, until)
    assert len(rows) == sum(count for _, count, _ in failed) > 0
    said = " ".join(" ".join(line) for line in totals)
    for code, _, minor in failed:
        assert code in said
        assert str(decimal_amount(int(minor), code)) in said
    assert str(len(rows)) in said


def test_a_view_is_saved_and_shared_with_a_role(page_as, axe) -> None:
    page = page_as("finance")
    page.goto("/payments/?view=all&state=failed&currency=EUR")
    page.get_by_role("link", name="Save view").click()
    dialog = page.get_by_role("dialog", name="Save this view")
    dialog.get_by_label("Name").fill("Failed in euro")
    dialog.get_by_label("Who sees it").select_option(label="Everybody in Support")
    axe(page)
    dialog.locator("#primary").click()
    expect(page.locator(".tabs").get_by_role("link", name="Failed in euro")).to_be_visible()
    other = page_as("support")
    other.goto("/payments/")
    other.locator(".tabs").get_by_role("link", name="Failed in euro").click()
    expect(other.locator(".chip", has_text="Failed")).to_be_visible()
    nobody = page_as("auditor")
    nobody.goto("/payments/")
    expect(nobody.locator(".tabs").get_by_role("link", name="Failed in euro")).to_have_count(0)
