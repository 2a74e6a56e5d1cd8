"""Many invoices at once: sent again with a result for each, and their documents in one zip."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing.ids import form_key
from billing.jobs.files import drop_old
from billing.jobs.services import do_run, retry_failed
from billing.models import AccessRead, Message, Run, RunFile
from dashboard.staff.actors import actor_of
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client: Client, settings: Any) -> Client:
    settings.MAIL_EXAMPLE_ADDRESSES = True
    client.member = make.member("finance")
    client.force_login(client.member)
    return client


def some() -> list[Any]:
    """Two that are ours and issued, and a draft."""
    customer = make.customer(email="vroni.poschl@halden.test", locale="de-AT")
    return [make.invoice(customer), make.invoice(customer), make.invoice(customer, state="draft")]


def started(client: Client, verb: str, invoices: list[Any], **data: str) -> Run:
    picked = "&".join(f"pick={each.pk}" for each in invoices)
    asked = {"form_key": form_key(), "shown_count": str(len(invoices)), **data}
    answer = client.post(f"/lists/invoices/bulk/{verb}/?{picked}", asked)
    assert answer.status_code == 302, answer.content.decode()
    return Run.objects.get()


def test_sending_tells_what_is_left_out_and_writes_once_to_each(finance: Client) -> None:
    invoices = some()
    picked = "&".join(f"pick={each.pk}" for each in invoices)
    page = finance.get(f"/lists/invoices/bulk/send/?{picked}").content.decode()
    assert "The customers of 3 invoices are written to" in page and "1 is left out: drafts" in page
    run = started(finance, "send", invoices, note="Wie besprochen.")
    assert not Message.objects.exists(), "nothing is sent in the request"
    done = do_run(run_id=run.pk, clock=timezone.now)
    assert (done.done, done.failed) == (3, 1)
    results = dict(run.rows.values_list("subject_id", "message"))
    assert "is on its way, with the PDF" in results[invoices[0].pk]
    assert "is draft" in results[invoices[2].pk]
    retry_failed(run=done, actor=actor_of(finance.member), now=timezone.now())
    run.rows.update(ok=None)
    do_run(run_id=run.pk, clock=timezone.now)
    assert Message.objects.filter(kind="invoice_issued").count() == 2, "a row done again writes once"


def test_who_cannot_be_written_to_is_a_result(finance: Client, settings: Any) -> None:
    settings.MAIL_EXAMPLE_ADDRESSES = False
    invoice = make.invoice(make.customer(email="vroni@halden.example"))
    run = started(finance, "send", [invoice])
    assert do_run(run_id=run.pk, clock=timezone.now).failed == 1
    assert "Nothing was sent." in run.rows.get().message
    assert not Message.objects.exists()


def test_documents_come_as_one_zip_for_whoever_asked(finance: Client) -> None:
    ours = some()
    theirs = make.invoice(gateway="stripe", gateway_id="in_1Q")
    run = started(finance, "documents", [*ours, theirs])
    assert not RunFile.objects.exists(), "no document is made in the request"
    assert "Download 3" not in finance.get(f"/runs/{run.pk}/").content.decode()
    do_run(run_id=run.pk, clock=timezone.now)
    assert "issued at the gateway" in run.rows.get(subject_id=theirs.pk).message
    assert "Download 3 files" in finance.get(f"/runs/{run.pk}/").content.decode()
    answer = finance.get(f"/runs/{run.pk}/files/")
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Cache-Control"] == "private, no-store"
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(set(names)) == 3 and f"{ours[0].number}.pdf" in names
        assert all(archive.read(name)[:5] == b"%PDF-" for name in names)
    assert AccessRead.objects.filter(screen="invoices", filters__contains="3 files").count() == 1


def test_nobody_else_gets_them_and_they_are_gone_after_a_day(finance: Client) -> None:
    run = started(finance, "documents", some()[:1])
    do_run(run_id=run.pk, clock=timezone.now)
    for role in ("finance", "admin", "support"):
        other = Client()
        other.force_login(make.member(role))
        assert other.get(f"/runs/{run.pk}/files/").status_code == 403
    assert drop_old(now=timezone.now()) == 0
    assert drop_old(now=timezone.now() + timedelta(days=1, minutes=1)) == 1
    answer = finance.get(f"/runs/{run.pk}/files/", follow=True)
    assert "no longer kept" in answer.content.decode()


def test_support_sends_and_takes_no_archive(client: Client) -> None:
    client.force_login(make.member("support"))
    invoice = make.invoice()
    assert client.get(f"/lists/invoices/bulk/send/?pick={invoice.pk}").status_code == 200
    assert client.get(f"/lists/invoices/bulk/documents/?pick={invoice.pk}").status_code == 403
