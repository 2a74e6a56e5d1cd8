"""An admin decides who works here; the invited person comes in by the mail they got."""

import quopri
import re

from playwright.sync_api import expect

from tests.browser.desk import Desk, eventually
from tests.browser.window import sign_in


def link_in_mail(desk: Desk) -> str:
    def newest() -> str:
        for mail in sorted(desk.mail.glob("*.log"), reverse=True):
            text = quopri.decodestring(mail.read_bytes()).decode(errors="replace")
            if found := re.search(r"(http://\S+/account/password/reset/key/\S+)", text):
                return found[1]
        return ""

    return str(eventually(newest, "a mail with a link"))


def test_a_member_is_invited_comes_in_and_changes_role(desk: Desk, page_as, window, axe) -> None:
    admin = page_as("admin")
    admin.goto("/staff/")
    axe(admin)
    admin.get_by_role("link", name=re.compile("Invite")).first.click()
    dialog = admin.get_by_role("dialog", name="Invite a member")
    dialog.get_by_label("Name").fill("Mira Lindqvist")
    dialog.get_by_label("e-mail").fill("mira.lindqvist@halden.example")
    dialog.get_by_label(re.compile("Auditor")).check()
    dialog.get_by_label("Reason").fill("Takes over the audit in December.")
    axe(admin)
    dialog.locator("#primary").click()
    expect(admin.get_by_text("Mira Lindqvist").first).to_be_visible()

    mira = page_as()
    mira.goto(link_in_mail(desk))
    fields = mira.locator("input[type=password]")
    expect(fields).to_have_count(2)
    for field in (fields.first, fields.last):
        field.fill("nine-quiet-harbours")
    axe(mira)
    mira.locator("main form button[type=submit]").first.click()
    mira.wait_for_url("**/account/password/reset/key/done/")
    sign_in(mira, "mira.lindqvist@halden.example", "nine-quiet-harbours")
    window.watch(mira).expect(403)
    mira.goto("/payments/")
    expect(mira.get_by_role("heading", name="Payments").first).to_be_visible()
    assert mira.goto("/staff/new/").status == 403

    admin.goto("/staff/")
    admin.get_by_role("link", name="Mira Lindqvist").click()
    admin.get_by_role("link", name=re.compile("roles", re.I)).first.click()
    dialog = admin.get_by_role("dialog", name=re.compile("Change the roles"))
    dialog.get_by_label(re.compile("Auditor")).uncheck()
    dialog.get_by_label(re.compile("Admin")).check()
    dialog.get_by_label("Reason").fill("She runs the desk now.")
    dialog.locator("#primary").click()
    expect(admin.get_by_text("She runs the desk now.").first).to_be_visible()
    assert mira.goto("/staff/new/").status == 200


def test_nobody_changes_their_own_roles(page_as) -> None:
    admin = page_as("admin")
    admin.goto("/staff/")
    admin.get_by_role("link", name="Tove Ahlgren").first.click()
    button = admin.get_by_role("button", name=re.compile("roles", re.I)).first
    expect(button).to_have_attribute("aria-disabled", "true")
