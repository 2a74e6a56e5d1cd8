"""Somebody names an outage, sees who was hit, credits each once, and their customers are written to."""

import re

from playwright.sync_api import Page, expect

from tests.browser import moves
from tests.browser.desk import Desk


def test_from_the_outage_to_the_customer_s_page(desk: Desk, page_as, axe) -> None:
    finance: Page = page_as("finance")
    finance.goto("/incidents/")
    finance.get_by_role("link", name="Record an outage…").click()
    expect(finance.get_by_role("dialog", name="Record an outage")).to_be_visible()
    moves.describe_an_outage(finance)
    axe(finance)
    finance.locator("#primary").dblclick()
    finance.wait_for_url(re.compile(r"/incidents/INC-"))
    expect(finance.get_by_text("Nobody is credited yet", exact=True)).to_be_visible()
    axe(finance)
    [(incident, reference, hit)] = desk.rows(
        "SELECT id, reference, hit FROM billing_incident WHERE title = 'Exports did not start'"
    )
    assert hit > 1
    assert desk.one("SELECT count(*) FROM billing_incidentcredit WHERE entry_id IS NOT NULL AND "
                    "incident_id = %s", incident) == 0  # fmt: skip

    finance.get_by_role("link", name=re.compile("^Credit .* customers…")).click()
    dialog = finance.get_by_role("dialog", name="Credit")
    dialog.get_by_label("Note to the customers").fill("It will not happen again.")
    expect(dialog.locator("#effects")).to_contain_text("It will not happen again.")
    axe(finance)
    dialog.locator("#primary").dblclick()
    desk.until(
        "SELECT count(*) = %s FROM billing_incidentcredit WHERE entry_id IS NOT NULL AND incident_id = %s",
        hit, incident,
    )  # fmt: skip
    desk.at_rest()
    written = "SELECT count(*) FROM billing_message WHERE kind = 'incident_credited' AND subject_id = %s"
    assert desk.one(written, incident) == hit

    finance.goto(f"/incidents/{reference}/")
    expect(finance.get_by_text("not yet")).to_have_count(0)
    axe(finance)
    finance.get_by_role("link", name=re.compile("^All ")).first.click()
    expect(finance.get_by_role("cell", name="Credited", exact=True).first).to_be_visible()
    axe(finance)
    customer = desk.one(
        "SELECT c.reference FROM billing_incidentcredit x JOIN billing_customer c ON c.id = x.customer_id "
        "WHERE x.incident_id = %s AND x.entry_id IS NOT NULL ORDER BY x.amount_minor DESC LIMIT 1",
        incident,
    )
    finance.goto(f"/customers/{customer}/")
    expect(finance.locator("main").get_by_text(f"Exports did not start ({reference})").first).to_be_visible()
