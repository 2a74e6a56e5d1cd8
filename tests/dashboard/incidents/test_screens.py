"""Outages on the screen: found and previewed, recorded, credited with a result each, withdrawn."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.history.actors import person
from billing.ids import form_key
from billing.incidents.services import begin_credits, record_incident
from billing.jobs.services import do_run
from billing.models import Incident, Meter, Run
from dashboard.fetching import take_blocked
from tests import make

pytestmark = pytest.mark.django_db
EFFECTS = {"HX-Request": "true", "HX-Target": "effects"}
INES = person(13, "Ines Marchetti", roles=("finance",))


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def told(desk: Client, url: str) -> str:
    answer = desk.get(url)
    assert answer.status_code == 200, url
    return " ".join(answer.content.decode().split())


def yesterday() -> Any:
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


def a_meter(users: int = 2, price: int = 9_900, currency: str = "EUR") -> Meter:
    meter = make.meter()
    began = yesterday() - timedelta(days=20)
    for _ in range(users):
        customer = make.customer()
        at = make.price(unit_amount_minor=price, currency=currency)
        make.subscription(customer, at, anchor_at=began, created_at=began)
        make.usage(customer, meter, at=yesterday() + timedelta(hours=9))
    return meter


def filled(meter: Meter, **changes: str) -> dict[str, str]:
    day = f"{yesterday():%Y-%m-%d}"
    return {
        "form_key": form_key(),
        "title": "Exports did not start",
        "stopped": meter.slug,
        "starts_at": f"{day}T08:00",
        "ends_at": f"{day}T14:00",
        "tier": "",
        "reason": "The queue stood still.",
        **changes,
    }


def recorded(meter: Meter) -> Incident:
    return record_incident(
        title="Exports did not start", meter=meter, starts_at=yesterday() + timedelta(hours=8),
        ends_at=yesterday() + timedelta(hours=14), reason="The queue stood still.", actor=INES,
        now=timezone.now(), form_key=form_key(),
    )  # fmt: skip


def test_the_preview_tells_who_gets_how_much_and_writes_nothing(desk: Client) -> None:
    meter = a_meter(3)
    make.usage(make.customer(), meter, at=yesterday() + timedelta(hours=9))
    page = desk.post("/incidents/new/", filled(meter), headers=EFFECTS).content.decode()
    assert re.search(r"3 customers would get 2\.\d\d EUR", page)
    assert "1 customer gets nothing: had no subscription then" in page
    assert not Incident.objects.exists()
    assert (
        "Nobody was hit"
        in desk.post("/incidents/new/", filled(make.meter()), headers=EFFECTS).content.decode()
    )


def test_recording_leads_to_its_page_with_who_was_hit(desk: Client) -> None:
    data = filled(a_meter(2))
    assert desk.post("/incidents/new/", data).status_code == 302
    assert desk.post("/incidents/new/", data).status_code == 302, "pressed twice"
    made = Incident.objects.get()
    page = told(desk, f"/incidents/{made.reference}/")
    assert "Nobody is credited yet" in page and "Credit 2 customers…" in page
    assert "Brückner Feinmechanik GmbH" in page and "6 h of 30 days at 99.00 EUR" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "What was out: say it as customers shall read it."),
        ({"ends_at": f"{yesterday():%Y-%m-%d}T07:00"}, "To: after the beginning of the outage."),
        ({"ends_at": "2199-01-01T00:00"}, "To: a moment that has passed"),
        ({"stopped": "no-such-meter"}, "Select a valid choice"),
        ({"reason": "x" * 10_000}, "2000 characters"),
    ],
)
def test_what_is_wrong_comes_back_at_its_field(desk: Client, changes: dict[str, str], said: str) -> None:
    answer = desk.post("/incidents/new/", filled(a_meter(1)) | changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Incident.objects.exists()


def test_crediting_tells_the_letter_and_gives_each_a_result(desk: Client) -> None:
    incident = recorded(a_meter(2))
    url = f"/incidents/{incident.reference}/credit/"
    page = told(desk, url)
    assert "2 customers get 1." in page and "One mail each" in page and "Guten Tag" in page
    data = {"form_key": form_key(), "note": "", "write_to_customer": "on"}
    assert desk.post(url, data).status_code == 302
    assert desk.post(url, data).status_code == 302, "pressed twice"
    run = Run.objects.get()
    assert "is to be credited" in told(desk, f"/runs/{run.pk}/")
    do_run(run_id=run.pk, clock=timezone.now)
    page = told(desk, f"/incidents/{incident.reference}/")
    assert "to 2 of 2" in page and "not yet" not in page
    assert "Credited 0." in told(desk, f"/runs/{run.pk}/")
    again = desk.post(url, {"form_key": form_key(), "note": ""})
    assert again.status_code == 422 and "Nothing is left to credit" in again.content.decode()


def test_above_the_limit_it_waits_and_the_page_leads_to_the_request(client: Client) -> None:
    client.force_login(make.member("support"))
    incident = recorded(a_meter(2, price=90_000_000))
    url = f"/incidents/{incident.reference}/credit/"
    assert "goes to a second person first" in told(client, url)
    client.post(url, {"form_key": form_key(), "note": ""})
    page = told(client, f"/incidents/{incident.reference}/")
    assert "It waits for a second person." in page
    found = re.search(r"/approvals/APP-[\w-]+/", page)
    assert found
    finance = Client()
    finance.force_login(make.member("finance"))
    asked = told(finance, found[0])
    assert incident.reference in asked and "Exports did not start" in asked
    assert f"/runs/{Run.objects.get().pk}/" in asked


def test_withdrawing(desk: Client) -> None:
    incident = recorded(a_meter(1))
    url = f"/incidents/{incident.reference}/withdrawal/"
    assert "Nobody is credited for it" in told(desk, url)
    assert desk.post(url, {"form_key": form_key(), "reason": ""}).status_code == 422
    assert desk.post(url, {"form_key": form_key(), "reason": "The wrong day"}).status_code == 302
    page = told(desk, f"/incidents/{incident.reference}/")
    assert "It was withdrawn" in page and "The wrong day" in page


def test_an_auditor_sees_and_does_not(client: Client) -> None:
    client.force_login(make.member("auditor"))
    incident = make.incident()
    assert incident.reference in told(client, "/incidents/?view=all")
    for verb in ("credit", "withdrawal"):
        assert client.get(f"/incidents/{incident.reference}/{verb}/").status_code == 403
    assert client.post("/incidents/new/", {}).status_code == 403
    assert client.get("/incidents/INC-20200101-00000000/").status_code == 404


def test_the_lists(desk: Client) -> None:
    incident = recorded(a_meter(2))
    make.incident_credit(why_not="pays nothing", amount_minor=0)
    take_blocked()
    assert "Exports did not start" in told(desk, "/incidents/?view=recorded&state=recorded")
    page = told(desk, f"/incidents/credits/?view=all&incident={incident.reference}")
    assert page.count("data-row=") == 2 and "Not credited yet" in page
    assert "Nothing: pays nothing" in told(desk, "/incidents/credits/?view=all&nothing=no")
    assert take_blocked() == []
    lines = b"".join(desk.get("/incidents/credits/?format=csv").streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert any(incident.reference in line for line in lines)
    assert "No incident has this reference" in told(desk, "/incidents/credits/?view=all&incident=nonsense")


def test_more_customers_cost_no_more_queries(desk: Client) -> None:
    counts = []
    for users in (2, 9):
        incident = recorded(a_meter(users))
        begin_credits(
            incident_id=incident.pk, note="", write_to_customer=False, actor=INES, now=timezone.now(),
            form_key=form_key(),
        )  # fmt: skip
        for url in (
            f"/incidents/{incident.reference}/",
            "/incidents/?view=all",
            "/incidents/credits/?view=all",
        ):
            told(desk, url)
            with CaptureQueriesContext(
                connection,
            ) as asked:
                told(desk, url)
            counts.append(len(asked))
    assert counts[:3] == counts[3:]


def test_the_audit_trail_finds_it_by_its_reference(desk: Client) -> None:
    incident = recorded(a_meter(1))
    page = told(desk, f"/audit/?view=all&object={incident.reference}")
    assert "The queue stood still." in page or incident.reference in page
    assert f"/incidents/{incident.reference}/" in page
