"""What stands in a queue is somebody's: assigned, followed up, and found under My work."""

from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.moves import FAILED, open_action


def test_a_failed_refund_is_taken_on_and_finished(desk: Desk, page_as, axe) -> None:
    reference = desk.one(FAILED)
    page = page_as("support")
    page.goto(f"/refunds/{reference}/")
    open_action(page, "Assign…")
    dialog = page.locator("#dialog")
    axe(page)
    dialog.locator("#primary").click()
    expect(dialog).to_be_hidden()
    page.goto("/work/")
    expect(page.locator(f"main a[href*='{reference}']").first).to_be_visible()
    axe(page)
    other = page_as("finance")
    other.goto(f"/refunds/{reference}/")
    expect(other.get_by_text("Jude Okafor looks after this")).to_be_visible()
    other.goto("/work/")
    expect(other.locator(f"main a[href*='{reference}']")).to_have_count(0)
