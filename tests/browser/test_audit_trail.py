"""The auditor's day: who gave goodwill credits, what one entry changed, and who opened a customer."""

import re

from playwright.sync_api import expect

from tests.browser.desk import Desk


def test_the_auditor_finds_who_gave_goodwill_credits(desk: Desk, page_as, axe) -> None:
    month, giver = desk.rows(
        "SELECT to_char(date_trunc('month', at), 'YYYY-MM'), min(actor_name) FROM billing_historyentry "
        "WHERE kind = 'credits.granted' AND facts->>'source' = 'goodwill' GROUP BY 1 "
        "ORDER BY count(*) DESC LIMIT 1"
    )[0]
    given = desk.one(
        "SELECT count(*) FROM billing_historyentry WHERE kind = 'credits.granted' "
        "AND facts->>'source' = 'goodwill' AND to_char(at, 'YYYY-MM') = %s",
        month,
    )
    page = page_as("auditor")
    page.goto("/audit/")
    page.get_by_role("link", name="Goodwill credits").click()
    expect(page.locator("[aria-current=page]", has_text="Goodwill credits")).to_be_visible()
    page.goto(f"/audit/?action=credits/goodwill&at_from={month}-01&at_to={month}-28")
    expect(page.locator("tr[data-row]").first).to_be_visible()
    assert 0 < page.locator("tr[data-row]").count() <= given
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


def test_a_row_altered_by_the_owner_is_named(desk: Desk) -> None:
    """Sealed by the command, holding, and again after the journeys have written to it."""
    desk.until("SELECT EXISTS (SELECT FROM billing_auditseal)", within=90)
    assert "The trail holds" in desk.manage("verify_audit")
