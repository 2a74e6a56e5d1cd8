"""Who may do what and who did what, counted from the trail; the control lines add up."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.history.actors import person
from billing.history.services import record
from billing.models import AccessRead
from dashboard.local.documents import missing_library
from reports.access_review import as_csv, as_pdf, review
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 9, tzinfo=UTC)


def book():
    jude = make.member("support", display_name="Jude Okafor", last_login=NOW)
    ruth = make.member("auditor", display_name="Ruth Adeyemi")
    gone = make.member("finance", display_name="Ines Marchetti", is_active=False)
    customer = make.customer()
    who = person(jude.pk, "Jude Okafor")
    for days in (1, 2, 91):
        record(customer, "note", actor=who, now=NOW - timedelta(days=days))
    record(make.payment(customer), "state", actor=who, now=NOW - timedelta(days=3), to_state="succeeded")
    for kind in ("page", "peek", "export"):
        AccessRead.objects.create(
            at=NOW - timedelta(days=1), member_ref=f"staff:{jude.pk}", member_name="Jude Okafor", kind=kind,
            screen="customers", customer=customer,
        )  # fmt: skip
    return jude, ruth, gone


def test_each_member_is_told_with_rights_deeds_and_reads() -> None:
    jude, ruth, gone = book()
    lines = {line.ref: line for line in review(now=NOW).members}
    first = lines[f"staff:{jude.pk}"]
    assert [(deed.action, deed.count) for deed in first.deeds] == [
        ("customer: note", 2),
        ("payment: succeeded", 1),
    ]
    assert (first.done, first.reads, first.exports, first.last_login) == (3, 2, 1, NOW)
    assert "refunds.issue" in first.may
    assert "audit.view" not in first.may
    assert "refunds.issue" not in lines[f"staff:{ruth.pk}"].may
    assert lines[f"staff:{gone.pk}"].may == frozenset(), "who cannot sign in may do nothing"


def test_rights_name_their_roles_and_holders() -> None:
    book()
    rights = {right.name: right for right in review(now=NOW).rights}
    assert rights["staff.manage"].roles == ("admin",)
    assert rights["refunds.issue"].held_by == 1
    assert rights["audit.view"].held_by == 1


def test_the_csv_has_lines_that_add_up() -> None:
    book()
    found = review(now=NOW)
    lines = list(csv.reader(io.StringIO(as_csv(found).decode("utf-8-sig"))))
    totals = {line[1]: line[2] for line in lines if line[0] == "Control total"}
    assert totals["Members"] == "3"
    assert int(totals["Rights held"]) == sum(line[5] == "may" for line in lines if len(line) > 5)
    assert (
        int(totals["Deeds"]) == sum(int(line[7]) for line in lines if len(line) > 7 and line[5] == "did") == 3
    )


@pytest.mark.skipif(bool(missing_library()), reason="this machine draws no PDF")
def test_the_pdf_is_a_document() -> None:
    book()
    made = as_pdf(review(now=NOW))
    assert made.startswith(b"%PDF-")
    assert len(made) > 5_000


def test_it_asks_as_often_for_three_as_for_twenty() -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            review(now=NOW)
        return len(queries)

    book()
    few = asked()
    for _each in range(12):
        make.member("finance")
    assert asked() == few


def test_the_screen_and_its_files(client: Client) -> None:
    book()
    client.force_login(make.member("auditor"))
    page = client.get("/audit/access/").content.decode()
    assert "Jude Okafor" in page
    assert "Customer: note" in page
    answer = client.get("/audit/access/review.csv")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="access-review-')
    assert b"Control total" in answer.content
