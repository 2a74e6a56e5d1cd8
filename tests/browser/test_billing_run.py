"""Finance looks at what is due, works out the week in a dry run, bills the day, and watches it."""

import re

from playwright.sync_api import expect

from tests.browser.desk import PATIENCE, Desk

MS = PATIENCE * 1000

# Whatever the hour: some of those whose period ends next are due since an hour.
COME_DUE = """
UPDATE billing_subscription SET current_period_end = date_trunc('hour', now()) - interval '1 hour'
WHERE id IN (
    SELECT id FROM billing_subscription WHERE collected_by = 'us' AND state = 'active' AND cancel_at IS NULL
    AND current_period_start < now() - interval '2 days' ORDER BY current_period_end, id LIMIT 12
) RETURNING id
"""
BILLED = "SELECT count(*) FROM billing_invoice WHERE cause LIKE 'renewal:%%' AND subscription_id = ANY(%s)"


def test_a_day_is_foreseen_and_billed_while_finance_watches(desk: Desk, page_as, axe) -> None:
    page = page_as("finance")
    page.goto("/billing-runs/due/")
    axe(page)
    page.get_by_role("link", name="Billing runs").last.click()
    page.wait_for_url("**/billing-runs/")

    page.get_by_role("link", name="Dry run…").click()
    dialog = page.get_by_role("dialog", name="Dry run")
    expect(dialog).to_contain_text("Nothing is written")
    expect(dialog).to_contain_text("subscriptions come due by then")
    axe(page)
    desk.at_rest()
    invoices = desk.one("SELECT count(*) FROM billing_invoice")
    dialog.get_by_role("button", name="Work it out").click()
    page.wait_for_url(re.compile(r"/billing-runs/\d+/$"))
    expect(page.get_by_role("heading", name="What would be invoiced")).to_be_visible(timeout=MS)
    expect(page.get_by_role("columnheader", name="A month before")).to_be_visible()
    assert desk.one("SELECT count(*) FROM billing_invoice") == invoices, "it wrote nothing"
    axe(page)

    ids = [row[0] for row in desk.rows(COME_DUE)]
    before = desk.one(BILLED, ids)
    page.goto("/billing-runs/")
    page.get_by_role("link", name="Bill what is due…").click()
    dialog = page.get_by_role("dialog", name="Bill what is due")
    expect(dialog).to_contain_text("due")
    axe(page)
    dialog.get_by_role("button", name="Bill what is due").dblclick()
    page.wait_for_url(re.compile(r"/billing-runs/\d+/$"))
    expect(page.get_by_role("heading", name="What was invoiced")).to_be_visible(timeout=MS)
    progress = page.locator("section", has=page.get_by_role("heading", name="Progress"))
    expect(progress).to_contain_text("Done", timeout=MS)
    expect(progress).to_contain_text("Worker")
    axe(page)

    assert desk.one(BILLED, ids) > before
    run = int(page.url.rstrip("/").rsplit("/", 1)[1])
    assert desk.rows("SELECT state, failed FROM billing_run WHERE id = %s", run) == [("done", 0)]
