"""A person changes a plan with its effect before their eyes, plans another change, and undoes it."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser import moves
from tests.browser.desk import Desk


def open_dialog(page: Page, address: str) -> Locator:
    page.goto(address)
    page.get_by_role("link", name="Change the plan…").click()
    dialog = page.get_by_role("dialog", name="Change the plan")
    expect(dialog).to_be_visible()
    return dialog


def test_a_plan_is_changed_with_its_effect_shown_first(desk: Desk, page_as, axe) -> None:
    reference = desk.one(moves.CHANGEABLE)
    address = f"/subscriptions/{reference}/"
    page: Page = page_as("support")
    done = (
        "SELECT count(*) FROM billing_subscriptionchange c JOIN billing_subscription s "
        "ON s.id = c.subscription_id WHERE s.reference = %s AND c.kind = %s"
    )
    before = desk.one(done, reference, "plan")
    dialog = open_dialog(page, address)
    effects = dialog.locator("#effects")
    dialog.get_by_label("Seats").fill("10000000")
    expect(effects).to_contain_text("Seats: a number from 1 to 1,000,000")
    seats = desk.one(
        "SELECT i.quantity FROM billing_subscriptionitem i JOIN billing_subscription s "
        "ON s.id = i.subscription_id WHERE s.reference = %s",
        reference,
    )
    dialog.get_by_label("Seats").fill(str(seats + 3))
    expect(effects).to_contain_text("Unused time:")
    expect(effects).to_contain_text("Remaining time:")
    expect(effects).to_contain_text("is invoiced now")
    expect(effects).to_contain_text("Next invoice on")
    dialog.get_by_label("Reason").fill("Three people join on Monday.")
    axe(page)
    dialog.locator("#primary").dblclick()
    expect(page.get_by_text(re.compile(f"Moved from .* × {seats + 3}")).first).to_be_visible()
    assert desk.one(done, reference, "plan") == before + 1

    dialog = open_dialog(page, address)
    dialog.get_by_label("Seats").fill(str(seats + 1))
    dialog.get_by_label("With its next period").check()
    expect(dialog.locator("#primary")).to_contain_text("Plan the change")
    dialog.get_by_label("Reason").fill("One leaves at the end of the month.")
    dialog.locator("#primary").click()
    notice = page.get_by_text(re.compile("It changes to"))
    expect(notice).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Undo", exact=True).click()
    page.get_by_label("Reason").fill("They stay.")
    page.locator("#primary").click()
    assert desk.until(done, reference, "undo_plan") == 1
    page.goto(address)
    expect(page.get_by_text("The planned change was undone").first).to_be_visible()
    expect(notice).to_have_count(0)
