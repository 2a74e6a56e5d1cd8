"""Sending an invoice: the letter before it goes, the mail with its PDF, and what is not sent."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from billing.errors import Conflict
from billing.ids import form_key
from billing.messages import attaching
from billing.messages.sending import send as deliver
from billing.models import Invoice, Message
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client, settings: Any) -> Client:
    settings.MAIL_EXAMPLE_ADDRESSES = True
    client.force_login(make.member("support"))
    return client


def test_it_is_written_in_the_customers_language_with_the_document(desk: Client) -> None:
    invoice = make.invoice(make.customer(locale="de-DE"))
    page = desk.get(f"/invoices/{invoice.reference}/send/").content.decode()
    assert f"Rechnung {invoice.number}" in page and "in German" in page and f"{invoice.number}.pdf" in page
    answer = desk.post(
        f"/invoices/{invoice.reference}/send/", {"form_key": form_key(), "note": "Wie besprochen."}
    )
    message = Message.objects.get(kind="invoice_issued")
    assert answer.status_code == 302 and message.subject_label == invoice.number
    assert deliver(message_id=message.pk, now=timezone.now()) == "sent"
    (sent,) = mail.outbox
    assert f"Rechnung {invoice.number} über 99,00" in sent.subject and "Wie besprochen." in sent.body
    ((name, content, kind),) = sent.attachments
    assert (name, kind) == (f"{invoice.number}.pdf", "application/pdf") and content[:5] == b"%PDF-"


def test_one_form_sends_once_and_another_again(desk: Client) -> None:
    invoice, key = make.invoice(), form_key()
    for each in (key, key, form_key()):
        desk.post(f"/invoices/{invoice.reference}/send/", {"form_key": each})
    assert Message.objects.filter(kind="invoice_issued").count() == 2


@pytest.mark.parametrize(("state", "why"), [("draft", "is a draft"), ("void", "is void")])
def test_what_is_no_invoice_is_not_sent(desk: Client, state: str, why: str) -> None:
    invoice = make.invoice(state=state, voided_at=timezone.now() if state == "void" else None)
    assert why in desk.get(f"/invoices/{invoice.reference}/send/").content.decode()
    answer = desk.post(f"/invoices/{invoice.reference}/send/", {"form_key": form_key()})
    assert answer.status_code == 422 and not Message.objects.exists()


def test_a_document_that_cannot_be_made_stops_the_mail(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(message: Message) -> attaching.File:
        raise Conflict("documents_busy", "Many documents are being made right now.", retry_helps=True)

    monkeypatch.setitem(attaching._makers, "invoice_issued", refuse)
    desk.post(f"/invoices/{make.invoice().reference}/send/", {"form_key": form_key()})
    message = Message.objects.get()
    assert deliver(message_id=message.pk, now=timezone.now()) == "queued" and not mail.outbox
    message.refresh_from_db()
    assert "Its document could not be made" in message.failure


def test_the_auditor_only_reads(client: Client) -> None:
    client.force_login(make.member("auditor"))
    invoice = make.invoice()
    assert client.post(f"/invoices/{invoice.reference}/send/", {"form_key": form_key()}).status_code == 403
    assert Invoice.objects.filter(pk=invoice.pk).exists() and not Message.objects.exists()
