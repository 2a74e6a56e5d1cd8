"""The evidence packet: what stands in it, what must not, how large it gets, and who took it out."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from billing.history.actors import person
from billing.history.models import HistoryEntry
from billing.history.services import record
from billing.models import CustomerNote, Dispute
from reports.documents import evidence_pdf
from reports.documents.evidence import MOST_PAYMENTS, packet_of
from reports.documents.files import NotOurs, only_our_files
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)


def a_dispute(**more: object) -> Dispute:
    customer = make.customer("Łukasz <b>Żółć</b> & Σία", email="ksiegowosc@zolc.example")
    payment = make.payment(customer, amount_minor=9_900, created_at=NOW)
    return make.dispute(payment, reason="product_not_received", **more)


def text_of(document: bytes, tmp_path: Path) -> str:
    (tmp_path / "packet.pdf").write_bytes(document)
    read = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "packet.pdf"), "-"], capture_output=True, check=True
    )
    return " ".join(read.stdout.decode().split())


def test_it_is_a_file_with_what_answers_the_bank(client: Client, tmp_path: Path) -> None:
    client.force_login(make.member("support"))
    dispute = a_dispute()
    invoice = make.invoice(dispute.customer, total_minor=9_900, state="paid")
    make.allocation(dispute.payment, invoice)
    answer = client.get(f"/disputes/{dispute.reference}/evidence.pdf")

    assert answer.headers["Content-Type"] == "application/pdf"
    assert f"evidence-{dispute.reference}.pdf" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]
    told = text_of(answer.content, tmp_path)
    for part in (
        dispute.reference, dispute.payment.reference, "product not received", "99.00 EUR", "Visa ···· 4242",
        "Łukasz <b>Żółć</b> & Σία", "ksiegowosc@zolc.example", invoice.label, "paid by this payment",
        "No metered use",
    ):  # fmt: skip
        assert part in told, part
    taken = HistoryEntry.objects.get(subject_kind="dispute", kind="evidence_exported")
    assert (taken.subject_id, taken.facts["bytes"]) == (dispute.pk, len(answer.content))


def test_what_the_staff_write_for_each_other_stays_here(tmp_path: Path) -> None:
    dispute = a_dispute()
    jude = person(1, "Jude Okafor")
    CustomerNote.objects.create(
        customer=dispute.customer, body="They lie.", author_ref="staff:1", author_name="Jude Okafor",
        created_at=NOW, form_key="k",
    )  # fmt: skip
    record(dispute.customer, "note", actor=jude, now=NOW, reason="They lie.")
    record(dispute, "evidence_prepared", actor=jude, now=NOW, reason="Weak, but try.")
    record(dispute.payment, "state", actor=jude, now=NOW, to_state="succeeded", reason="secret reason")
    told = text_of(evidence_pdf.as_pdf(packet_of(dispute, NOW)), tmp_path)
    assert "Payment: succeeded" in told
    assert not [word for word in ("They lie", "Weak", "secret", "Jude") if word in told]


def test_a_customer_of_ten_years_gets_no_longer_one(tmp_path: Path) -> None:
    dispute = a_dispute()
    make.payments(300, dispute.customer)
    packet = packet_of(dispute, NOW)
    assert len(packet.payments) == MOST_PAYMENTS
    assert packet.left_out == {"payments": 301 - MOST_PAYMENTS}
    document = evidence_pdf.as_pdf(packet)
    assert len(document) < 400_000
    assert "281 more payments are left out" in text_of(document, tmp_path)


def test_a_name_makes_the_desk_fetch_nothing() -> None:
    with pytest.raises(NotOurs):
        only_our_files.fetch("https://example.com/pixel.png")
    with pytest.raises(NotOurs):
        only_our_files.fetch("file:///etc/passwd")
    with pytest.raises(NotOurs):
        only_our_files.fetch("file:///srv/static/../../etc/passwd")


def test_an_auditor_may_not_take_it_out(client: Client) -> None:
    client.force_login(make.member("auditor"))
    assert client.get(f"/disputes/{a_dispute().reference}/evidence.pdf").status_code == 403
    assert not HistoryEntry.objects.filter(kind="evidence_exported").exists()


def test_that_it_is_ready_is_said_with_who_and_where(client: Client) -> None:
    client.force_login(make.member("support"))
    dispute = a_dispute(evidence_due_at=NOW + timedelta(days=9), state="needs_response")
    address = f"/disputes/{dispute.reference}/prepared/"
    form = {"note": "In the case folder, letter and log-ins.", "form_key": "0" * 32}
    from billing.ids import form_key

    form["form_key"] = form_key()
    assert client.post(address, form).status_code == 302
    assert client.post(address, form).status_code == 302
    assert HistoryEntry.objects.filter(subject_id=dispute.pk, kind="evidence_prepared").count() == 1
    told = client.get(f"/disputes/{dispute.reference}/").content.decode()
    assert "Evidence prepared by Jude Okafor" in told and "In the case folder" in told

    Dispute.objects.filter(pk=dispute.pk).update(state="under_review")
    refused = client.post(address, form | {"note": "Another."})
    assert refused.status_code == 422 and "nothing to answer" in refused.content.decode()
