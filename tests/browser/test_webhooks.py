"""Finance finds a dead event, understands it, tries it, has it done again; and watches the endpoints."""

import re

from playwright.sync_api import expect

from tests.browser.desk import PATIENCE, Desk

MS = PATIENCE * 1000

DEAD = (
    "SELECT e.id, e.event_id, r.reference FROM billing_webhookevent e "
    "JOIN billing_refund r ON r.gateway_id = e.object_id WHERE e.state = 'dead' ORDER BY e.id DESC LIMIT 1"
)
ASIDE = "SELECT id, event_id, attempts FROM billing_webhookevent WHERE state = 'ignored' ORDER BY id"
REASON = "The database was away in the night; it is back."


def test_a_dead_event_is_found_understood_tried_and_replayed(desk: Desk, page_as, axe) -> None:
    pk, event_id, refund = desk.rows(DEAD)[0]
    page = page_as("finance")
    page.goto("/")
    page.get_by_role("link", name=re.compile(r"webhook events? dead")).first.click()
    page.wait_for_url("**/webhooks/**")
    axe(page)
    page.locator(f"tr[data-row='{event_id}'] a").first.click()
    page.wait_for_url(f"**/webhooks/{pk}/")

    # Understood: why it died, each attempt, what it says and how that differs from the event before.
    expect(page.get_by_text("The desk gave up after 6 attempts")).to_be_visible()
    expect(page.get_by_text("could not be recorded").first).to_be_visible()
    expect(page.get_by_text("Attempt 6 failed for good")).to_be_visible()
    since = page.locator("section", has=page.get_by_role("heading", name="Since the event before"))
    expect(since).to_contain_text('"pending"')
    expect(since).to_contain_text('"succeeded"')
    axe(page)

    # Tried: what would change, and nothing has.
    page.get_by_role("link", name="Replay…").click()
    dialog = page.get_by_role("dialog", name="Replay an event")
    expect(dialog).to_contain_text("1 row would change")
    expect(dialog).to_contain_text("Pending at gateway")
    expect(dialog).to_contain_text("Gateway clearing")
    assert desk.one("SELECT state FROM billing_refund WHERE reference = %s", refund) == "pending"
    axe(page)

    # Done, once, however often it is pressed; the page follows it to its end.
    dialog.get_by_label("Reason").fill(REASON)
    dialog.get_by_role("button", name="Replay for real").dblclick()
    story = page.locator("section", has=page.get_by_role("heading", name="What happened"))
    expect(story).to_contain_text("Attempt 7, a replay, did it", timeout=MS)
    expect(story).to_contain_text(REASON)
    expect(story).to_contain_text("Ines Marchetti")
    changed = page.locator("section", has=page.get_by_role("heading", name="What it changed"))
    expect(changed).to_contain_text("Succeeded")
    expect(page.get_by_role("heading", name="In the ledger")).to_be_visible()
    axe(page)
    tries = "SELECT count(*) FROM billing_webhookattempt WHERE event_id = %s AND kind = 'replay'"
    assert desk.one(tries, pk) == 1
    changed.get_by_role("link").first.click()
    page.wait_for_url(f"**/refunds/{refund}/")
    expect(page.locator("main").get_by_text("Succeeded").first).to_be_visible()

    # Asked again, it says that there is nothing left to do.
    page.goto(f"/webhooks/{pk}/replay/")
    expect(page.get_by_text("Nothing would change: it is already in the books")).to_be_visible()


def test_many_are_replayed_with_a_result_for_each(desk: Desk, page_as, axe) -> None:
    page = page_as("finance")
    page.goto("/webhooks/?view=ignored&state=ignored")
    desk.at_rest()
    page.keyboard.press("j")
    event = page.locator("tr[data-row].is-current").get_attribute("data-row")
    page.keyboard.press("x")
    page.locator("#selbar [data-bulk]").filter(has_text="Replay").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 event is given to the worker again")
    axe(page)
    dialog.get_by_label("Reason").fill("Looked at once more.")
    dialog.locator("[data-primary]").click()
    page.wait_for_url("**/runs/**")
    expect(page.get_by_text("Given to the worker again").first).to_be_visible(timeout=MS)
    desk.until(
        "SELECT state = 'ignored' AND attempts > 1 FROM billing_webhookevent WHERE event_id = %s", event
    )


def test_an_event_is_replayed_with_javascript_off(desk: Desk, page_as) -> None:
    pk, _, before = desk.rows(ASIDE)[-1]
    page = page_as("finance", scripts=False)
    page.goto(f"/webhooks/{pk}/")
    page.get_by_role("link", name="Collapse all").click()
    page.get_by_role("link", name="Raw").click()
    expect(page.get_by_role("region", name="Payload as stored")).to_be_visible()
    page.get_by_role("link", name="Replay…").click()
    page.wait_for_url(f"**/webhooks/{pk}/replay/")
    expect(page.get_by_text("It would be put aside")).to_be_visible()
    page.get_by_label("Reason").fill("Does it matter after all?")
    page.get_by_role("button", name="Replay for real").click()
    page.wait_for_url(f"**/webhooks/{pk}/")
    desk.until(
        "SELECT state = 'ignored' AND attempts > %s FROM billing_webhookevent WHERE id = %s", before, pk
    )
    page.reload()
    expect(page.get_by_text("a replay, put it aside").first).to_be_visible()
    expect(page.get_by_text("Does it matter after all?")).to_be_visible()


def test_a_payload_folds_and_gives_its_paths(desk: Desk, page_as, axe) -> None:
    pk = desk.rows(ASIDE)[0][0]
    page = page_as("support", width=390, theme="dark")
    page.goto(f"/webhooks/{pk}/")
    tree = page.get_by_role("region", name="Payload, redacted")
    tree.focus()
    page.keyboard.press("ArrowDown")
    expect(tree.locator("button.k").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(tree.locator("button.k").nth(1)).to_be_focused()
    expect(page.get_by_text("Replay…").first).to_be_disabled()
    page.evaluate("scrollTo(0, 0)")  # the bar that stays at the top would half cover what lies behind it
    axe(page)


def test_a_test_event_is_watched_until_it_is_done(desk: Desk, page_as, axe) -> None:
    page = page_as("finance")
    page.goto("/webhooks/endpoints/")
    expect(page.locator(".chart[data-ready]")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Send a test event…").click()
    dialog = page.get_by_role("dialog", name="Send a test event")
    expect(dialog.get_by_role("button", name="Send it")).to_be_visible()
    axe(page)
    dialog.get_by_role("button", name="Send it").dblclick()
    page.wait_for_url("**/webhooks/endpoints/test/**")
    expect(page.get_by_text("It came all the way")).to_be_visible(timeout=MS)
    axe(page)
    page.get_by_role("link", name="Open the event").click()
    expect(page.locator("main").get_by_text("Processed").first).to_be_visible()
    expect(page.get_by_text("what it says was in the books already")).to_be_visible()
