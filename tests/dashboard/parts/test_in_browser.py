"""The parts at work in a real browser: dialogs, lists, themes, menus, and what is said when things fail."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import expect

from tests.dashboard.people import member_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser, live_server):
    """A signed-in page that fails the test for whatever its console complains of."""
    client = Client()
    client.force_login(member_in("finance"))
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
    cookie = client.cookies["countinghouse_session"]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.set_offline(False)
    page.wait_for_load_state("networkidle")
    context.close()
    # What a refused answer leaves in the console, and the inline styles that axe itself tries to write.
    expected = (
        "status of 4",
        "status of 5",
        "Response Status Error",
        "ERR_",
        "[object HTML",
        "inline style",
    )
    assert [each for each in complaints if not any(part in each for part in expected)] == []


def faults(page, within=None):
    """What axe finds. It must not load the stylesheets itself: it looks for imported ones beside the page."""
    found = Axe().run(page, context=within, options={"preload": False}).response["violations"]
    return [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found]


def open_dialog(page):
    page.goto("/desk/kit/")
    page.locator(".bar [data-dialog]").click()
    expect(page.locator("#dialog[open]")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("address", ["/desk/kit/list/", "/desk/kit/dialog/"])
def test_axe_finds_nothing(page, theme, address):
    page.emulate_media(color_scheme=theme)
    page.goto(address)
    found = faults(page)
    assert found == []


def test_axe_finds_nothing_in_the_kit_and_its_dialog(page):
    open_dialog(page)
    found = faults(page, "#dialog")
    page.keyboard.press("Escape")
    found += faults(page)
    assert found == []


def test_a_dialog_opens_where_one_types_and_gives_the_focus_back(page):
    open_dialog(page)
    expect(page.locator("#dialog_amount")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).not_to_be_visible()
    expect(page.locator(".bar [data-dialog]")).to_be_focused()


def test_an_invalid_form_stays_with_what_was_typed_and_the_fault_is_focused(page):
    open_dialog(page)
    page.fill("#dialog_amount", "98.00")
    page.fill("#dialog_note", "Exports failed from 12 to 16 Nov")
    page.click("#dialog [data-primary]")
    expect(page.locator("#dialog .error")).to_have_text("13.70 too much: 84.30 of 99.00 EUR can go back.")
    expect(page.locator("#dialog_amount")).to_be_focused()
    assert page.input_value("#dialog_note") == "Exports failed from 12 to 16 Nov"
    expect(page.locator("#dialog [data-primary]")).to_be_enabled()
    page.click("#dialog [data-fill]")
    page.click("#dialog [data-primary]")
    expect(page.locator("#dialog")).not_to_be_visible()
    expect(page.locator("#toasts [data-toast]")).to_contain_text("84.30 EUR is on its way back")


def test_pressing_twice_sends_once(page):
    open_dialog(page)
    page.fill("#dialog_note", "Twice")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.evaluate("[1, 2, 3].forEach(() => document.querySelector('#dialog [data-primary]').click())")
    expect(page.locator("#dialog")).not_to_be_visible()
    assert len(sent) == 1


def test_signed_out_keeps_the_form_and_signing_in_again_lets_it_through(page):
    open_dialog(page)
    page.fill("#dialog_note", "Half a page of reasons")
    kept, cookies = Session.objects.get(), page.context.cookies()
    Session.objects.all().delete()
    page.click("#dialog [data-primary]")
    notice = page.locator("#dialog [data-trouble]")
    expect(notice).to_contain_text("You are signed out")
    expect(notice).to_contain_text("nothing you typed is lost")
    assert page.input_value("#dialog_note") == "Half a page of reasons"
    page.click("#dialog [data-primary]")
    expect(notice).to_contain_text("You are signed out")
    kept.save(force_insert=True)
    page.context.add_cookies(cookies)
    page.click("#dialog [data-primary]")
    expect(page.locator("#dialog")).not_to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("84.30 EUR is on its way back")


def test_a_form_older_than_the_sign_in_is_told_and_goes_through_the_second_time(page):
    open_dialog(page)
    page.fill("#dialog_note", "Kept")
    page.evaluate("document.querySelector('meta[name=csrf-token]').content = 'x'.repeat(64)")
    page.evaluate("document.querySelector('#dialog [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)")
    page.click("#dialog [data-primary]")
    expect(page.locator("#dialog [data-trouble]")).to_contain_text("older than your sign-in")
    page.click("#dialog [data-primary]")
    expect(page.locator("#toasts")).to_contain_text("84.30 EUR is on its way back")


def test_a_desk_that_cannot_be_reached_says_so_and_keeps_the_form(page):
    open_dialog(page)
    page.fill("#dialog_note", "Kept")
    page.context.set_offline(True)
    page.click("#dialog [data-primary]")
    expect(page.locator("#dialog [data-trouble]")).to_contain_text("cannot be reached")
    page.context.set_offline(False)
    page.click("#dialog [data-primary]")
    expect(page.locator("#dialog")).not_to_be_visible()


def test_a_failed_action_names_its_error_code(page):
    open_dialog(page)
    page.fill("#dialog_note", "Kept")
    page.route(
        "**/desk/kit/dialog/",
        lambda route: route.fulfill(status=500, headers={"X-Request-ID": "req_7f3a91c2"}, body="broken"),
    )
    page.click("#dialog [data-primary]")
    expect(page.locator("#dialog [data-code]")).to_have_text("req_7f3a91c2")
    assert page.input_value("#dialog_note") == "Kept"


def test_who_is_signed_out_is_told_so_at_the_first_press(page):
    open_dialog(page)
    page.fill("#dialog_note", "Kept")
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    page.click("#dialog [data-primary]")
    expect(page.locator("#dialog [data-trouble]")).to_contain_text("You are signed out")
    assert page.input_value("#dialog_note") == "Kept"


def test_what_a_page_loads_by_itself_takes_no_notice_away(page):
    held = []
    page.route("**/desk/counts/", lambda route: held.append(route))  # a slow machine: the counts come last
    open_dialog(page)
    page.fill("#dialog_note", "Kept")
    page.route("**/desk/kit/dialog/", lambda route: route.fulfill(status=500, body="broken"))
    page.click("#dialog [data-primary]")
    expect(page.locator("#dialog [data-trouble]")).to_be_visible()
    with page.expect_response("**/desk/counts/"):
        held.pop().continue_()
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
    expect(page.locator("#dialog [data-trouble]")).to_be_visible()


def test_a_part_that_does_not_come_says_so_in_its_place_and_can_be_tried_again(page):
    page.goto("/desk/kit/")
    page.route(
        "**/desk/part/", lambda route: route.fulfill(status=500, headers={"X-Request-ID": "req_1"}, body="x")
    )
    page.evaluate(
        """() => { const box = document.createElement("div"); box.dataset.part = ""; box.id = "late";
        document.querySelector(".page").prepend(box);
        htmx.ajax("GET", "/desk/part/", { target: box, source: box }); }"""
    )
    expect(page.locator("#late [data-code]")).to_have_text("req_1")
    expect(page.locator("#main [data-trouble]")).to_have_count(0)
    page.unroute("**/desk/part/")
    page.route(
        "**/desk/part/", lambda route: route.fulfill(body="<p>Here it is</p>", content_type="text/html")
    )
    page.locator("#late [data-again]").click()
    expect(page.locator("#late")).to_have_text("Here it is")


def test_keys_move_select_peek_and_close(page):
    page.goto("/desk/kit/list/")
    for key in "jjxjx":
        page.keyboard.press(key)
    expect(page.locator("#selbar")).to_contain_text("2 selected")
    expect(page.locator("[data-picked-sums]")).to_have_text("· 99.00 GBP, 14,800 JPY")
    page.keyboard.press("p")
    expect(page.locator("#peek .ref").first).to_have_text("REF-20261118-QN5R0WZC")
    assert page.url.endswith("?peek=REF-20261118-QN5R0WZC")
    page.keyboard.press("k")
    expect(page.locator("#peek .ref").first).to_have_text("REF-20261118-3VX8HT2D")
    page.go_back()
    expect(page.locator("#peek")).not_to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#selbar")).not_to_be_visible()


def test_a_link_opens_the_list_with_its_peek(page):
    page.goto("/desk/kit/list/?peek=REF-20261118-QN5R0WZC")
    expect(page.locator("#peek .ref").first).to_have_text("REF-20261118-QN5R0WZC")


def test_shift_takes_the_rows_between_and_all_that_match_can_be_taken(page):
    page.goto("/desk/kit/list/")
    boxes = page.locator("input[data-pick]")
    boxes.nth(0).click()
    page.evaluate("htmx.trigger(document.querySelector('nav'), 'htmx:afterSwap', {})")
    boxes.nth(3).click(modifiers=["Shift"])  # what came meanwhile for the sidebar forgets no row
    expect(page.locator("#selbar")).to_contain_text("4 selected")
    page.locator("[data-pick-all]").click()
    page.locator("[data-pick-matching]").click()
    expect(page.locator("#selbar")).to_contain_text("3,918 selected")
    assert page.input_value("[data-all-matching]") == "1"
    boxes.nth(1).click()
    expect(page.locator("#selbar")).to_contain_text("4 selected")
    assert page.input_value("[data-all-matching]") == ""


def test_the_theme_changes_at_once_and_is_kept(page):
    page.goto("/desk/kit/")
    with page.expect_response("**/desk/theme/"):
        page.locator("[data-theme-form] button").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_a_chart_is_drawn_and_follows_the_theme(page):
    page.emulate_media(color_scheme="light")
    page.goto("/desk/kit/")
    bar = page.locator(".chart .bars path").first
    expect(bar).to_be_visible()
    assert "rgb(22, 58, 115)" in bar.get_attribute("style")
    page.emulate_media(color_scheme="dark")
    expect(bar).to_have_attribute("style", re.compile(r"rgb\(60, 122, 208\)"))


def test_a_menu_closes_by_escape_and_gives_the_focus_back(page):
    page.goto("/desk/kit/list/")
    page.locator('summary[aria-label="Choose columns"]').click()
    expect(page.get_by_text("Show these")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Show these")).not_to_be_visible()
    page.locator('summary[aria-label="Choose columns"]').click()
    page.locator("h1").click()
    expect(page.get_by_text("Show these")).not_to_be_visible()


def test_a_copy_button_says_that_it_did(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/desk/kit/")
    button = page.locator(".lede .copy")
    button.click()
    expect(button).to_have_attribute("aria-label", "Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "REF-20261118-7K2M9QPA"


def test_without_scripts_the_dialog_is_a_page_the_menus_open_and_the_phone_has_its_menu(browser, page):
    context = browser.new_context(
        java_script_enabled=False,
        storage_state=page.context.storage_state(),
        viewport={"width": 390, "height": 844},
    )
    bare = context.new_page()
    origin = page.context.cookies()[0]["domain"]
    page.goto("/desk/kit/")
    bare.goto(page.url)
    assert origin in bare.url
    bare.locator('a[href="#menu"]').click()
    expect(bare.locator("#menu")).to_be_visible()
    bare.locator('#menu a[href="#main"]').click()
    expect(bare.locator("#menu")).not_to_be_visible()
    bare.locator('summary[aria-label="More actions"]').click()
    expect(bare.get_by_text("Download PDF")).to_be_visible()
    bare.locator(".bar [data-dialog]").click()
    bare.fill("#dialog_amount", "98.00")
    bare.fill("#dialog_note", "By hand")
    bare.locator("[data-primary]").click()
    expect(bare.locator(".error")).to_contain_text("13.70 too much")
    assert bare.input_value("#dialog_note") == "By hand"
    context.close()


@pytest.mark.parametrize("address", ["/desk/kit/", "/desk/kit/list/", "/desk/kit/dialog/"])
def test_nothing_scrolls_sideways_on_a_phone(page, address):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
