"""Billing runs at the desk: what is due, starting one once, watching it, and what could not be billed."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.billing_run.services import forecast, work_on
from billing.ids import form_key
from billing.jobs.models import Run
from billing.models import Invoice
from tests import make
from tests.billing.billing_run.desk import due
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db
LIST, DUE, NEW, DRY = "/billing-runs/", "/billing-runs/due/", "/billing-runs/new/", "/billing-runs/dry/"

RUN = {
    "kind": "billing_run",
    "title": "Billing run",
    "state": "done",
    "asked": {"until": "2026-11-18T13:00:00+00:00"},
    "started_by_ref": "staff:2",
    "started_by_name": "Ines Marchetti",
}


@pytest.fixture
def ines(client: Client) -> Client:
    client.force_login(member_in("finance"))
    return client


def began() -> Any:
    return timezone.now() - timedelta(days=32)


def filled(client: Client, address: str) -> dict[str, str]:
    found = re.search(r'name="form_key" value="([^"]+)"', client.get(address).content.decode())
    assert found is not None
    return {"form_key": found[1]}


def jobs(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", [name])
        return int(cursor.fetchone()[0])


def carry_out(run: Run) -> None:
    work_on(run_id=run.pk, worker="halden:1", sleep=lambda seconds: None)


def test_the_dialog_says_how_many_are_due_and_one_form_starts_one_run(ines: Client) -> None:
    due(2, began=began())
    assert "2 subscriptions are due" in ines.get(NEW).content.decode()

    data = filled(ines, NEW)
    first, second = ines.post(NEW, data), ines.post(NEW, data)
    run = Run.objects.get(kind="billing_run")
    assert first.headers["Location"] == second.headers["Location"] == f"/billing-runs/{run.pk}/"
    assert jobs("billing_run.work") == 4


def test_nothing_due_is_said_and_nothing_is_started(ines: Client) -> None:
    assert "Nothing is due" in ines.get(NEW).content.decode()
    answer = ines.post(NEW, filled(ines, NEW))
    assert answer.status_code == 422
    assert not Run.objects.exists()


def test_a_run_is_followed_to_its_end(ines: Client) -> None:
    good, bad = due(2, began=began())
    bad.customer.country = ""
    bad.customer.save(update_fields=["country"])
    ines.post(NEW, filled(ines, NEW))
    run = Run.objects.get()
    address = f"/billing-runs/{run.pk}/"
    assert 'hx-get="' + address + 'progress/"' in ines.get(address).content.decode()
    assert "HX-Refresh" not in ines.get(f"{address}progress/").headers

    carry_out(run)
    page = ines.get(address).content.decode()
    assert ines.get(f"{address}progress/").headers["HX-Refresh"] == "true"
    assert "halden:1" in page
    assert bad.reference in page and good.reference not in page
    assert "117.81" in page
    assert "Try the failed again" in page

    bad.customer.country = "DE"
    bad.customer.save(update_fields=["country"])
    ines.post(f"{address}retry/")
    run.refresh_from_db()
    carry_out(run)
    assert Invoice.objects.count() == 2
    assert bad.reference not in ines.get(address).content.decode()


def test_a_dry_run_tells_what_it_would_come_to_and_writes_nothing(ines: Client) -> None:
    (row,) = due(1, began=began())
    data = filled(ines, DRY) | {"until": (timezone.localdate() + timedelta(days=40)).isoformat()}
    ines.post(DRY, data)
    run = Run.objects.get(kind="billing_dry_run")
    forecast(run_id=run.pk, clock=timezone.now)

    page = ines.get(f"/billing-runs/{run.pk}/").content.decode()
    assert "What would be invoiced" in page
    assert "235.62" in page, "two periods"
    assert not Invoice.objects.exists()
    row.refresh_from_db()
    assert row.current_period_end is not None and row.current_period_end < timezone.now()


def test_a_day_that_is_past_is_refused(ines: Client) -> None:
    data = filled(ines, DRY) | {"until": (timezone.localdate() - timedelta(days=3)).isoformat()}
    answer = ines.post(DRY, data)
    assert answer.status_code == 422
    assert "choose today or a day to come" in answer.content.decode()


def test_a_run_is_held_goes_on_and_ends(ines: Client) -> None:
    due(1, began=began())
    ines.post(NEW, filled(ines, NEW))
    run = Run.objects.get()
    for verb, state in (("pause", "paused"), ("resume", "queued")):
        ines.post(f"/billing-runs/{run.pk}/{verb}/")
        run.refresh_from_db()
        assert run.state == state
    address = f"/billing-runs/{run.pk}/cancel/"
    ines.post(address, filled(ines, address))
    run.refresh_from_db()
    assert run.state == "canceled"


def test_what_is_due_is_listed_with_what_the_next_period_costs(ines: Client) -> None:
    (row,) = due(1, began=began())
    later = due(1, began=timezone.now() - timedelta(days=2))[0]
    page = ines.get(DUE).content.decode()
    assert row.reference in page and later.reference not in page
    assert "99.00" in page
    assert later.reference in ines.get(f"{DUE}?view=all").content.decode()


@pytest.mark.parametrize(
    ("role", "sees", "runs"), [("support", 200, 403), ("finance", 200, 200), ("auditor", 200, 403)]
)
def test_who_may(client: Client, role: str, sees: int, runs: int) -> None:
    due(1, began=began())
    client.force_login(member_in(role))
    assert [client.get(each).status_code for each in (LIST, DUE)] == [sees, sees]
    assert [client.get(each).status_code for each in (NEW, DRY)] == [runs, runs]
    if runs == 403:
        assert client.post(NEW, {"form_key": form_key()}).status_code == 403
        assert not Run.objects.exists()


@pytest.mark.parametrize("address", [LIST, f"{DUE}?view=all"])
def test_lists_ask_as_often_for_many_as_for_few(ines: Client, address: str) -> None:
    def grow(number: int) -> None:
        due(number, at=priced, began=began())
        for _ in range(number):
            Run.objects.create(**RUN, created_at=timezone.now())

    priced = make.price()
    grow(2)
    ines.get(address)
    with CaptureQueriesContext(connection) as few:
        ines.get(address)
    grow(8)
    with CaptureQueriesContext(connection) as many:
        ines.get(address)
    assert len(many) == len(few)
