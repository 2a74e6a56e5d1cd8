"""A run's page: for whoever started it, with every result, by reloading too."""

import re

import pytest
from django.test import Client

from billing.ids import form_key
from billing.jobs.models import Run, RunRow
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(make.member("support"))
    return client


@pytest.fixture
def run(desk: Client) -> Run:
    payment = make.payment()
    data = {"tag": "vip", "form_key": form_key(), "shown_count": "1"}
    desk.post(f"/lists/payments/bulk/tag/?pick={payment.pk}", data)
    return Run.objects.get()


def test_it_shows_progress_and_can_be_reloaded(desk: Client, run: Run) -> None:
    text = desk.get(f"/runs/{run.pk}/").content.decode()
    assert "Waits for a worker." in text and "Load again" in text and "0 of 1" in text
    part = desk.get(f"/runs/{run.pk}/progress/")
    assert "<html" not in part.content.decode() and "HX-Refresh" not in part.headers


def test_it_is_paused_resumed_and_canceled(desk: Client, run: Run) -> None:
    for verb, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "canceled")):
        assert desk.post(f"/runs/{run.pk}/{verb}/").status_code == 302
        run.refresh_from_db()
        assert run.state == state
    assert desk.get(f"/runs/{run.pk}/progress/").headers["HX-Refresh"] == "true"
    again = desk.post(f"/runs/{run.pk}/resume/", follow=True)
    assert "This work is over" in again.content.decode()


def test_others_neither_see_nor_steer_it(run: Run) -> None:
    other, auditor = Client(), Client()
    other.force_login(make.member("support"))
    auditor.force_login(make.member("auditor"))
    assert other.get(f"/runs/{run.pk}/").status_code == 403
    assert auditor.get(f"/runs/{run.pk}/").status_code == 200, (
        "whoever sees the system's health sees its work"
    )
    for verb in ("pause", "resume", "cancel", "retry"):
        assert auditor.post(f"/runs/{run.pk}/{verb}/").status_code == 403
        assert auditor.get(f"/runs/{run.pk}/{verb}/").status_code == 405


def test_a_get_starts_nothing(desk: Client) -> None:
    payment = make.payment()
    desk.get(f"/lists/payments/bulk/tag/?pick={payment.pk}&tag=vip&form_key={form_key()}&shown_count=1")
    assert not Run.objects.exists()


def test_every_row_of_a_long_run_is_reached(desk: Client, run: Run, monkeypatch) -> None:
    monkeypatch.setattr("dashboard.runs.queries.SHOWN", 2)
    RunRow.objects.filter(run=run).delete()
    for number in range(5):
        RunRow.objects.create(
            run=run, subject_kind="payment", subject_id=number, label=f"PAY-{number}", ok=number != 4
        )
    seen, url = [], f"/runs/{run.pk}/"
    for _ in range(3):
        text = desk.get(url).content.decode()
        seen.append([number for number in range(5) if f"PAY-{number}" in text])
        following = re.search(r'rel="next" href="([^"]+)"', text)
        url = f"/runs/{run.pk}/{following[1]}" if following else ""
    assert seen == [[0, 1], [2, 3], [4]]
    assert url == ""
    assert "PAY-4" in desk.get(f"/runs/{run.pk}/?show=failed").content.decode()
    assert desk.get(f"/runs/{run.pk}/?after=nonsense").status_code == 200
