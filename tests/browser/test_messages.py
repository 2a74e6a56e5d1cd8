"""Support refunds with a letter: one mail in the customer's language, told on their page, and sent again."""

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk, eventually, opened
from tests.browser.picking import paid
from tests.browser.refunding import fill, open_dialog, reference_on


@pytest.fixture
def writing() -> Iterator[Desk]:
    """A desk whose made-up customers are written to, into files."""
    with opened(MAIL_EXAMPLE_ADDRESSES="yes") as desk:
        yield desk


def mails_to(desk: Desk, address: str) -> list[EmailMessage]:
    """What lies in the files, each mail once; one that is still being written has no line at its end yet."""
    found = []
    for file in sorted(desk.mail.glob("*.log")) if desk.mail.exists() else []:
        for raw in re.split(rb"\n-{79}\n", file.read_bytes())[:-1]:
            mail = email.message_from_bytes(raw.strip(), policy=email.policy.default)
            if mail["To"] == address:
                assert isinstance(mail, EmailMessage)
                found.append(mail)
    return found


def test_a_refund_with_a_letter(writing: Desk, window, axe) -> None:
    payment = paid(writing, locale="de-DE")
    address = payment.email
    page: Page = window.open(writing, "support")
    dialog = open_dialog(page, payment)
    fill(dialog, "12.30", "Goodwill")
    expect(dialog.locator("#effects")).to_contain_text("No mail is sent from here")
    dialog.get_by_label("Write to the customer").check()
    letter = dialog.locator("#effects .letter")
    expect(letter).to_contain_text("12,30 € ist unterwegs")
    expect(letter).to_have_attribute("lang", "de")
    dialog.get_by_label("Note to the customer").fill("Danke für Ihre Geduld.")
    expect(letter).to_contain_text("Danke für Ihre Geduld.")
    axe(page)
    dialog.get_by_role("button", name="Refund 12.30 EUR").click()
    reference = reference_on(page)

    eventually(lambda: mails_to(writing, address), "the mail")
    writing.until("SELECT state = 'sent' FROM billing_message WHERE subject_label = %s", reference)
    (mail,) = mails_to(writing, address)
    assert mail["Subject"] == "Ihre Rückerstattung von 12,30\xa0€ ist unterwegs"
    assert mail["Content-Language"] == "de"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and html is not None
    assert reference in plain.get_content() and "Danke für Ihre Geduld." in html.get_content()

    page.goto(f"/customers/{payment.customer}/")
    card = page.get_by_role("region", name="Messages")
    expect(card).to_contain_text("Refund on its way")
    expect(card).to_contain_text("Sent")
    axe(page)
    card.get_by_role("link", name=re.compile("MSG-")).first.click()
    expect(page.locator("article.letter")).to_contain_text("ist unterwegs")
    axe(page)
    page.get_by_role("link", name="Resend…").click()
    again = page.get_by_role("dialog", name="Send it again")
    again.get_by_label("Reason").fill("It went to their spam.")
    expect(again.locator("#effects")).to_contain_text("gets the same words again")
    again.get_by_role("button", name="Send it again").click()
    expect(page.get_by_text("It went to their spam.").first).to_be_visible()
    eventually(lambda: len(mails_to(writing, address)) == 2, "the second mail")
    assert len({each["Message-ID"] for each in mails_to(writing, address)}) == 2


def test_the_demo_writes_to_nobody(desk: Desk, page_as) -> None:
    """Without the setting the same letter stands in the log as not sent."""
    payment = paid(desk, locale="de-DE")
    page = page_as("support")
    dialog = open_dialog(page, payment)
    fill(dialog, "1.00", "Goodwill")
    dialog.get_by_label("Write to the customer").check()
    expect(dialog.locator("#effects")).to_contain_text("This is an example address")
    dialog.locator("#primary").click()
    reference = reference_on(page)
    assert desk.one("SELECT state FROM billing_message WHERE subject_label = %s", reference) == "canceled"
    page.goto("/messages/?view=not_sent&state=canceled")
    expect(page.get_by_text("Not sent").first).to_be_visible()
    assert mails_to(desk, payment.email) == []


def test_an_admin_edits_a_text(desk: Desk, page_as, axe) -> None:
    page = page_as("admin")
    page.goto("/messages/texts/")
    axe(page)
    page.get_by_role("link", name="Edit refund came back in Italian").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Subject").fill("{amount} non è arrivato")
    expect(dialog.locator("#effects .letter")).to_contain_text("non è arrivato")
    dialog.get_by_label("Text").fill("Gentile {first_name}")
    expect(dialog.locator("#effects")).to_contain_text("{first_name} cannot be filled in here")
    dialog.get_by_label("Text").fill("Gentile {customer_name}, {reference}")
    dialog.get_by_label("Reason").fill("Shorter")
    axe(page)
    dialog.get_by_role("button", name="Use this text").click()
    expect(page.get_by_role("heading", name="Version 1", exact=True)).to_be_visible()
    axe(page)
