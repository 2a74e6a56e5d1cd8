"""The audit trail on the desk: found by who, what and when, and read as people read."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.credits.granting import grant
from billing.history import context
from billing.history.actors import person, system
from billing.history.services import move, record
from billing.models import HistoryEntry, Refund
from billing.refunds.rules import MACHINE
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 18, 9, tzinfo=UTC)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("auditor"))
    return client


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def goodwill(customer, giver, at: datetime, key: str) -> None:
    with context.acting(giver, request_id=f"req_{key}"):
        grant(
            customer_id=customer.pk, unit="tokens", amount=5_000, source="goodwill", actor=giver, now=at,
            key=key, reason="Sorry for the outage",
        )  # fmt: skip


def test_the_auditor_finds_who_gave_goodwill_credits_in_march(desk: Client) -> None:
    jude, ines = person(11, "Jude Okafor"), person(12, "Ines Marchetti")
    customer = make.customer("Brückner Feinmechanik GmbH")
    goodwill(customer, jude, datetime(2026, 3, 4, 12, tzinfo=UTC), "march")
    goodwill(customer, ines, datetime(2026, 4, 1, 12, tzinfo=UTC), "april")
    grant(
        customer_id=customer.pk,
        unit="tokens",
        amount=90,
        source="promotion",
        actor=ines,
        now=NOW,
        key="promo",
    )
    page = text_of(
        desk.get("/audit/?action=credits/goodwill&at_from=2026-03-01&at_to=2026-03-31").content.decode()
    )
    assert "Jude Okafor" in page
    assert "Brückner Feinmechanik GmbH" in page
    assert "Ines Marchetti" not in page
    assert "could not be read" not in page


def test_the_tabs_of_the_trail_read_whole(desk: Client) -> None:
    for view in ("people&by=person", "goodwill&action=credits/goodwill", "all"):
        answer = desk.get(f"/audit/?view={view}")
        assert answer.status_code == 200
        assert "could not be read" not in answer.content.decode()


def refund_moved(request_id: str = "req_5e1f00d5") -> Refund:
    payment = make.payment()
    refund = Refund.objects.create(
        reference="REF-20260318-7K3N9Q4F", payment=payment, customer=payment.customer, state="approved",
        currency="EUR", amount_minor=8430, reason="goodwill", origin="desk", created_at=NOW,
        asked_by_ref="staff:11", asked_by_name="Jude Okafor", allowed_by_rule="below the limit",
    )  # fmt: skip
    jude = person(11, "Jude Okafor")
    with context.acting(jude, request_id=request_id, reason="Asked by phone"):
        move(refund, MACHINE, "withdrawn", actor=jude, now=NOW, reason="Asked by phone")
        record(payment, "note", actor=jude, now=NOW)
    return refund


def test_an_entry_shows_before_and_after_and_all_of_its_request(desk: Client) -> None:
    refund = refund_moved()
    entry = HistoryEntry.objects.get(subject_kind="refund", to_state="withdrawn")
    page = text_of(desk.get(f"/audit/{entry.pk}/").content.decode())
    assert "Approved" in page
    assert "Withdrawn" in page
    assert "Asked by phone" in page
    assert "req_5e1f00d5" in page
    assert refund.reference in page
    assert "All of this request" in page
    assert desk.get("/audit/987654321/").status_code == 404


def test_money_in_a_difference_is_money(desk: Client) -> None:
    refund = refund_moved()
    with context.acting(system("worker"), request_id="req_77aa77aa"):
        Refund.objects.filter(pk=refund.pk).update(from_balance_minor=1200)
        made = record(refund, "changed", actor=system("worker"), now=NOW)
    page = text_of(desk.get(f"/audit/{made.pk}/").content.decode())
    assert "12.00 EUR" in page


@pytest.mark.parametrize(
    "query", ["object=REF-20260318-7K3N9Q4F", "request=req_5e1f00d5", "noun=refund", "by=person"]
)
def test_it_is_found_by(desk: Client, query: str) -> None:
    refund_moved()
    other = make.payment()
    record(other, "note", actor=system("worker"), now=NOW)
    page = text_of(desk.get(f"/audit/?{query}").content.decode()).replace(" ", "")
    assert "REF-20260318-7K3N9Q4F" in page
    assert other.reference not in page


def test_it_is_found_by_who_did_it(desk: Client) -> None:
    refund_moved()
    ines, payment = make.member("finance", display_name="Ines Marchetti"), make.payment()
    record(payment, "note", actor=person(ines.pk, "Ines Marchetti"), now=NOW)
    page = text_of(desk.get(f"/audit/?who=staff:{ines.pk}").content.decode()).replace(" ", "")
    assert payment.reference in page
    assert "REF-20260318-7K3N9Q4F" not in page


def test_a_reference_of_nothing_is_said(desk: Client) -> None:
    assert "Nothing has this reference" in desk.get("/audit/?object=REF-20260318-00000000").content.decode()


def test_the_export_ends_with_its_control_lines(desk: Client) -> None:
    refund_moved()
    body = b"".join(desk.get("/audit/?format=csv&request=req_5e1f00d5").streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(body)))
    assert lines[-1][:3] == ["Control total", "Rows", "2"]
    assert any("Asked by phone" in line for line in lines)


def test_the_page_of_an_object_leads_to_its_trail(desk: Client) -> None:
    refund = refund_moved()
    page = desk.get(f"/refunds/{refund.reference}/").content.decode()
    assert f"/audit/?view=all&amp;object={refund.reference}" in page


def asked(desk: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert desk.get(address).status_code == 200
    return len(queries)


def test_the_log_asks_as_often_for_one_as_for_many(desk: Client) -> None:
    record(make.payment(), "note", actor=system("worker"), now=NOW)
    asked(desk, "/audit/")
    few = asked(desk, "/audit/")
    for number in range(12):
        record(make.payment(), "note", actor=system("worker"), now=NOW + timedelta(minutes=number))
    record(make.customer(), "note", actor=system("worker"), now=NOW)
    assert asked(desk, "/audit/") == few


def test_support_is_refused(client: Client) -> None:
    client.force_login(make.member("support"))
    for address in (
        "/audit/",
        "/audit/reads/",
        "/audit/seals/",
        "/audit/access/",
        "/audit/access/review.csv",
    ):
        assert client.get(address).status_code == 403
