"""The auditor reads everything and changes nothing: refused on the page with a reason, and by the server."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.picking import paid


def posted(page: Page, address: str, **fields: str) -> int:
    """What the server answers to a form that no page offered: with a token that is right."""
    return int(
        page.evaluate(
            """async ([address, fields]) => {
              const body = new URLSearchParams({
                csrfmiddlewaretoken: document.querySelector('meta[name="csrf-token"]').content, ...fields});
              return (await fetch(address, {method: "POST", body})).status;
            }""",
            [address, fields],
        )
    )


def test_every_screen_of_the_sidebar_opens_and_is_accessible(page_as, axe) -> None:
    page = page_as("auditor")
    page.goto("/payments/")
    places = page.locator("nav.side .nav-group a").evaluate_all("(links) => links.map((a) => a.pathname)")
    assert len(places) >= 8
    for place in places:
        answer = page.goto(place)
        assert answer is not None and answer.status == 200, place
        assert page.title().endswith("· Countinghouse"), place
        page.wait_for_load_state("networkidle")
        axe(page)


@pytest.mark.parametrize(
    ("noun", "label", "where"),
    [("payment", "Refund…", "state = 'succeeded'"), ("refund", "Mark as seen…", "origin = 'gateway'")],
)
def test_an_action_says_why_it_is_refused(desk: Desk, page_as, noun: str, label: str, where: str) -> None:
    extra = " AND seen_at IS NULL" if noun == "refund" else ""
    reference = desk.one(
        f"SELECT reference FROM billing_{noun} WHERE {where}{extra} ORDER BY created_at LIMIT 1"
    )
    page = page_as("auditor")
    page.goto(f"/{noun}s/{reference}/")
    button = page.get_by_role("button", name=re.compile(re.escape(label))).first
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", re.compile("may"))
    button.click(force=True)
    expect(page.locator("#dialog")).to_be_hidden()


def test_the_server_refuses_whatever_the_page_showed(desk: Desk, page_as, window) -> None:
    payment = paid(desk)
    page = page_as("auditor")
    window.watch(page).expect(403)
    page.goto(payment.address)
    fields = {"amount": "1.00", "reason": "goodwill", "form_key": "0" * 32}
    assert posted(page, payment.refund_address, **fields) == 403
    assert posted(page, f"/customers/{payment.customer}/note/", body="No.") == 403
    assert posted(page, "/imports/new/") == 403
    assert posted(page, "/staff/new/", email="nobody@halden.example") == 403
    assert desk.one("SELECT count(*) FROM billing_refund WHERE payment_id = %s", payment.pk) == 0
    answer = page.goto("/staff/new/")
    assert answer is not None and answer.status == 403
    expect(page.get_by_text("Admin").first).to_be_visible()
