"""The log, a message's page, sending again, the texts and their editor, and the refund dialog's letter."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.messages.models import Message, MessageTemplate, MessageText
from tests import make
from tests.billing.messages.desk import JUDE, somebody, written
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "effects"}


def desk_of(role: str) -> Client:
    client = Client()
    client.force_login(member_in(role))
    return client


def filled(client: Client, address: str, **fields: str) -> dict[str, str]:
    page = client.get(address).content.decode()
    names = ("form_key", "based_on")
    found = {
        name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
        or re.search(rf'value="([^"]*)"[^>]*name="{name}"', page)
        for name in names
    }
    return {name: match[1] for name, match in found.items() if match} | fields


def url(name: str, message: Message) -> str:
    return reverse(f"messages:{name}", args=[message.reference])


def asked(client: Client, address: str) -> int:
    """How many questions the database was asked for a page that was opened before."""
    client.get(address)
    with CaptureQueriesContext(connection) as questions:
        assert client.get(address).status_code == 200
    return len(questions)


def test_the_log_lists_and_narrows() -> None:
    sent, failed = make.message(), make.message(state="failed", failure="It broke off")
    support = desk_of("support")
    everything = support.get(reverse("messages:index")).content.decode()
    assert sent.reference[-8:] in everything and failed.reference[-8:] in everything
    only = support.get(reverse("messages:index"), {"view": "failed", "state": "failed"}).content.decode()
    assert failed.reference[-8:] in only and sent.reference[-8:] not in only
    of = support.get(reverse("messages:index"), {"view": "all", "customer": sent.customer.reference})
    assert failed.reference[-8:] not in of.content.decode()


def test_the_log_asks_as_many_questions_for_many_as_for_few() -> None:
    support = desk_of("support")
    make.message()
    few = asked(support, reverse("messages:index"))
    for _ in range(12):
        make.message()
    assert asked(support, reverse("messages:index")) == few


def test_the_page_shows_the_words_escaped() -> None:
    message = make.message(make.customer(), body="Guten Tag <script>alert(1)</script>,\n\nZeile zwei.")
    page = desk_of("auditor").get(url("show", message)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script>alert" not in page
    assert 'class="letter" lang="de"' in page and "Resend…" in page


def test_one_that_was_erased_says_so_and_is_not_sent_again() -> None:
    message = make.message()
    MessageText.objects.filter(message=message).delete()
    page = desk_of("support").get(url("show", message)).content.decode()
    assert "erased" in page and 'aria-disabled="true"' in page


def test_support_sends_again_and_the_log_keeps_both() -> None:
    message = make.message(somebody())
    support = desk_of("support")
    address = url("resend", message)
    fields = filled(support, address, reason="It went to their spam.")
    for _ in range(2):
        assert support.post(address, fields).status_code == 302
    made = Message.objects.get(resend_of=message)
    assert (made.state, made.asked_by_name, made.reason) == (
        "queued",
        "Jude Okafor",
        "It went to their spam.",
    )
    assert made.reference in support.get(url("show", message)).content.decode()
    refused = support.post(address, filled(support, address, reason=""))
    assert refused.status_code == 422


def test_an_auditor_reads_and_sends_nothing_and_support_edits_no_text() -> None:
    message = make.message(somebody())
    assert desk_of("auditor").post(url("resend", message), {}).status_code == 403
    text = reverse("messages:template", args=["refund_promised", "de"])
    for role in ("support", "finance", "auditor"):
        member = Client()
        member.force_login(member_in(role, email=f"{role}.two@halden.example"))
        assert member.get(text).status_code == 403
    assert Message.objects.count() == 1


def test_what_failed_is_queued_once_more() -> None:
    message = make.message(somebody(), state="failed", failure="The mail server refused it: 550 unknown")
    support = desk_of("support")
    address = url("retry", message)
    assert support.post(address, filled(support, address)).status_code == 302
    message.refresh_from_db()
    assert message.state == "queued"
    assert support.post(address, filled(support, address)).status_code == 422


EDITOR = ("refund_promised", "de")


def test_an_admin_edits_a_text_and_sees_what_it_changed() -> None:
    somebody(name="Brückner GmbH", locale="de-DE")
    admin = desk_of("admin")
    address = reverse("messages:template", args=EDITOR)
    fields = filled(admin, address, subject="{amount} kommt", body="Hallo {customer_name}!", reason="Kürzer")
    told = admin.post(address, fields, headers=HTMX).content.decode()
    assert "1.284,30\xa0€ kommt" in told and "Hallo Brückner GmbH!" in told
    assert not MessageTemplate.objects.exists()
    assert admin.post(address, fields).status_code == 302
    page = admin.get(reverse("messages:versions", args=EDITOR)).content.decode()
    assert "Version 1" in page and "Kürzer" in page and "Ihre Rückerstattung von {amount}" in page
    assert "Hallo {customer_name}!" in page
    stale = admin.post(address, fields)
    assert stale.status_code == 422 and "Somebody has edited" in stale.content.decode()


def test_a_placeholder_that_does_not_exist_comes_back_with_what_was_typed() -> None:
    admin = desk_of("admin")
    address = reverse("messages:template", args=EDITOR)
    fields = filled(admin, address, subject="{amount}", body="An {iban} gesendet.", reason="Mehr")
    answer = admin.post(address, fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "{iban} cannot be filled in here" in page and "An {iban} gesendet." in page


def test_texts_that_do_not_exist_are_not_found() -> None:
    admin = desk_of("admin")
    for kind, language in (("nonsense", "de"), ("refund_promised", "klingon!")):
        assert admin.get(reverse("messages:template", args=[kind, language])).status_code == 404
    assert admin.get(reverse("messages:versions", args=["refund_promised", "xx"])).status_code == 404


def test_the_refund_dialog_shows_the_letter_and_writes_only_when_told() -> None:
    payment = make.payment(somebody(name="Brückner GmbH", locale="de-DE"))
    support = desk_of("support")
    address = reverse("refunds:new", args=[payment.reference])
    plain = {"amount": "12.30", "reason": "goodwill"}
    assert "No mail is sent from here" in support.post(address, plain, headers=HTMX).content.decode()
    asked = plain | {"write_to_customer": "on", "note_to_customer": "Danke für Ihre Geduld."}
    told = support.post(address, asked, headers=HTMX).content.decode()
    for said in (
        "is written to in German",
        "12,30\xa0€ ist unterwegs",
        "Brückner GmbH",
        "Danke für Ihre Geduld.",
    ):
        assert said in told
    assert not Message.objects.exists()
    assert support.post(address, filled(support, address, **asked)).status_code == 302
    message = Message.objects.get()
    assert (message.kind, message.state) == ("refund_promised", "queued")
    page = support.get(reverse("customers:show", args=[payment.customer.reference])).content.decode()
    assert message.reference[-8:] in page and "Refund on its way" in page


def test_a_refund_is_written_about_once_for_each_step() -> None:
    refund = make.refund(make.payment(somebody()), state="succeeded", succeeded_at=timezone.now())
    support = desk_of("support")
    address = reverse("messages:about_refund", args=[refund.reference])
    assert "ist ausgezahlt" in support.get(address).content.decode()
    assert support.post(address, filled(support, address)).status_code == 302
    assert Message.objects.get().kind == "refund_succeeded"
    again = support.post(address, filled(support, address))
    assert again.status_code == 422 and "already" in again.content.decode()
    draft = make.refund(make.payment(somebody()), state="withdrawn")
    assert support.get(reverse("messages:about_refund", args=[draft.reference])).status_code == 404


def test_a_page_asks_a_fixed_number_of_questions() -> None:
    message, support = written(), desk_of("support")
    again = {"reason": "Again", "asked_by_name": JUDE.name, "asked_by_ref": JUDE.ref}
    make.message(message.customer, resend_of=message, **again)
    few = asked(support, url("show", message))
    for _ in range(5):
        make.message(message.customer, resend_of=message, **again)
    assert asked(support, url("show", message)) == few
