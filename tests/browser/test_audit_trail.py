"""The auditor's day: who gave goodwill credits, what one entry changed, and who opened a customer."""

import re

from playwright.sync_api import expect

from tests.browser.desk import Desk

# The busiest day before the last two, in the auditor's own zone: nobody writes into the past.
GOODWILL = """
SELECT to_char(at AT TIME ZONE 'Europe/London', 'YYYY-MM-DD'), count(*),
    (array_agg(actor_name ORDER BY at DESC, id DESC))[1]
FROM billing_historyentry WHERE kind = 'credits.granted' AND facts->>'source' = 'goodwill'
AND at < now() - interval '2 days' GROUP BY 1 ORDER BY count(*) DESC, 1 DESC LIMIT 1
"""


def test_the_auditor_finds_who_gave_goodwill_credits(desk: Desk, page_as, axe) -> None:
    day, given, giver = desk.rows(GOODWILL)[0]
    page = page_as("auditor")
    page.goto("/audit/")
    page.get_by_role("link", name="Goodwill credits").click()
    expect(page.locator("[aria-current=page]", has_text="Goodwill credits")).to_be_visible()
    page.goto(f"/audit/?action=credits/goodwill&at_from={day}&at_to={day}")
    expect(page.locator("tr[data-row]")).to_have_count(min(given, 50))
    expect(page.locator("tr[data-row]", has_text=giver).first).to_be_visible()
    axe(page)
    page.locator("tr[data-row]", has_text=giver).first.get_by_role("link", name=re.compile("granted")).click()
    expect(page).to_have_url(re.compile(r"/audit/\d+/"))
    expect(page.get_by_text(giver).first).to_be_visible()
    axe(page)


def test_who_opened_a_customer_is_found(desk: Desk, page_as) -> None:
    reference = desk.one("SELECT reference FROM billing_customer ORDER BY id OFFSET 7 LIMIT 1")
    support = page_as("support")
    support.goto(f"/customers/{reference}/")
    page = page_as("auditor")
    page.goto(f"/audit/reads/?customer={reference}")
    expect(page.locator("tr[data-row]", has_text="Jude Okafor").first).to_be_visible()


def test_what_the_journeys_wrote_is_sealed_and_holds(desk: Desk) -> None:
    desk.at_rest()
    desk.manage("seal_audit")
    assert desk.one("SELECT EXISTS (SELECT FROM billing_auditseal)")
    assert "The trail holds" in desk.manage("verify_audit")
