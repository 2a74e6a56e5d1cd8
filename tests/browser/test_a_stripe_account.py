"""The whole story: an account at a Stripe server that we did not write comes in, and money goes back to it.

localstripe holds 50 customers with subscriptions, invoices and payments. It keeps no prices, disputes or
credit notes and sends its webhooks unsigned; those are covered by recorded objects elsewhere.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import PATIENCE, Desk, opened
from tests.browser.refunding import arrived, fill, reference_on
from tests.gateways.localstripe import KEY, LocalStripe, start, stop
from tests.gateways.localstripe import fill as fill_account

#: What an import may write even when nothing changed: its own run, and what each process counts of itself.
OF_RUNS = ("billing_run", "billing_runrow", "billing_metrictotal")


@pytest.fixture
def stripe_server(tmp_path: Path) -> Iterator[LocalStripe]:
    server = start(tmp_path)
    yield server
    stop(server.process)


@pytest.fixture
def connected(stripe_server: LocalStripe) -> Iterator[Desk]:
    """An empty desk whose Stripe is the local one."""
    with opened("empty", STRIPE_API_BASE=stripe_server.url, STRIPE_API_KEY=KEY) as desk:
        yield desk


def test_import_refund_and_import_again(connected: Desk, stripe_server: LocalStripe, window, axe) -> None:
    account = fill_account(stripe_server)
    page: Page = window.open(connected, "finance")
    page.goto("/imports/")
    axe(page)
    import_all(page, axe)
    assert connected.one("SELECT count(*) FROM billing_customer") == 50
    assert connected.one("SELECT count(*) FROM billing_subscription") == len(account.subscriptions)

    whole, part = account.payment_intents[0], account.payment_intents[1]
    refund(connected, page, whole, "")
    refund(connected, page, part, "4.01")
    at_gateway = {
        intent: [
            each.amount for each in stripe_server.client.v1.refunds.list({"payment_intent": intent}).data
        ]
        for intent in (whole, part)
    }
    assert at_gateway == {whole: [1000], part: [401]}
    assert connected.rows("SELECT amount_minor, state, origin FROM billing_refund ORDER BY amount_minor") == [
        (401, "succeeded", "desk"),
        (1000, "succeeded", "desk"),
    ]

    connected.at_rest()
    before = fingerprint(connected)
    import_all(page)
    after = fingerprint(connected)
    assert {name for name in after if after[name] != before[name]} == set()
    connected.manage("verify_books")


def import_all(page: Page, axe=None) -> None:
    """Start it on the screen and watch it there until it is done."""
    page.goto("/imports/")
    page.get_by_role("link", name="Import from Stripe…").first.click()
    dialog = page.get_by_role("dialog", name="Import from Stripe")
    expect(dialog).to_be_visible()
    if axe:
        axe(page)
    dialog.get_by_role("button", name="Start the import").click()
    page.wait_for_url(lambda url: url.rstrip("/").rsplit("/", 1)[-1].isdigit())
    expect(page.locator("#import-part progress, #import-part [role=progressbar]").first).to_be_visible()
    # Nobody presses anything here: the page follows the run by itself.
    expect(page.locator("#import-part:not([hx-get])")).to_be_visible(timeout=2 * PATIENCE * 1000)
    expect(page.get_by_text("Done", exact=True).first).to_be_visible()
    if axe:
        axe(page)


def refund(desk: Desk, page: Page, intent: str, amount: str) -> None:
    """Refund the payment that the gateway calls so, and watch the page until the money is back."""
    reference = desk.one("SELECT reference FROM billing_payment WHERE gateway_id = %s", intent)
    page.goto(f"/payments/{reference}/")
    page.get_by_role("link", name="Refund…").first.click()
    dialog = page.get_by_role("dialog", name="Refund a payment")
    fill(dialog, amount, "Duplicate charge")
    dialog.locator("#primary").click()
    arrived(desk, page, reference_on(page))


def fingerprint(desk: Desk) -> dict[str, tuple]:
    """Of each table of the domain and its audit trail: how many rows, and the newest writer of one."""
    tables = desk.rows("SELECT tablename FROM pg_tables WHERE tablename LIKE 'billing\\_%%'")
    return {
        table: desk.rows(f'SELECT count(*), max(xmin::text::bigint) FROM "{table}"')[0]
        for (table,) in tables
        if table not in OF_RUNS
    }
