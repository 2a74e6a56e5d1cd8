"""An invoice's PDF: opened from its page, in the customer's language, with what the page says."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.reports.documents.reading import needs_poppler, text_of

OURS = (
    "SELECT i.reference, i.number FROM billing_invoice i JOIN billing_customer c ON c.id = i.customer_id "
    "WHERE i.state = 'paid' AND i.gateway = '' AND c.locale = 'de-DE' AND NOT EXISTS "
    "(SELECT FROM billing_creditnote n WHERE n.invoice_id = i.id) ORDER BY i.id DESC LIMIT 1"
)


@pytest.fixture
def invoice(desk: Desk) -> tuple[str, str]:
    ((reference, number),) = desk.rows(OURS)
    return str(reference), str(number)


@needs_poppler
def test_an_invoice_is_opened_explained_and_kept_as_pdf(invoice: tuple[str, str], page_as, axe) -> None:
    reference, number = invoice
    page = page_as("support")
    page.goto(f"/invoices/{reference}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)
    page.get_by_text("Why this amount?").first.click()
    expect(page.locator("details.why[open]").first).to_contain_text("Price")
    axe(page)
    address = page.get_by_role("link", name="PDF", exact=True).get_attribute("href")
    answer = page.context.request.get(f"{page.url.split('/invoices/')[0]}{address}")
    assert answer.status == 200 and answer.headers["content-type"] == "application/pdf"
    told = text_of(answer.body())
    assert f"Rechnung {number}" in told and "Bezahlt am" in told and "Seite 1 von" in told
    total = page.locator(".sums dd.strong").first.inner_text()
    digits = re.sub(r"\D", "", total)
    assert digits in re.sub(r"[.,\s]", "", told)
