"""Imports at the desk: starting one once, watching it, resuming and canceling, and what could not be read."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.ids import form_key
from billing.imports.queries import KIND
from billing.imports.stages import STAGES
from billing.jobs.models import Run, RunRow
from tests import make
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "dialog"}
SECRET = "rk_live_51HaldenKeepsThis"
NEW = "/imports/new/"


@pytest.fixture(autouse=True)
def connected(settings: Any) -> None:
    settings.STRIPE_API_KEY = SECRET
    settings.STRIPE_API_BASE = "https://api.stripe.com"


@pytest.fixture
def ines(client: Client) -> Client:
    client.force_login(member_in("finance"))
    return client


def made(state: str = "done", **more: Any) -> Run:
    now = timezone.now()
    fields = {
        "kind": KIND,
        "title": "Import from Stripe",
        "state": state,
        "started_by_ref": "ref",
        "started_by_name": "Ines Marchetti",
        "created_at": now,
        "started_at": now,
        "heartbeat_at": now,
        "form_key": form_key(),
        **more,
    }
    return Run.objects.create(**fields)


def filled(client: Client) -> dict[str, str]:
    found = re.search(r'name="form_key" value="([^"]+)"', client.get(NEW).content.decode())
    assert found is not None
    return {"form_key": found[1]}


def jobs(name: str = "imports.run") -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", [name])
        return int(cursor.fetchone()[0])


def test_the_dialog_tells_which_account_and_what_will_happen_but_never_the_key(ines: Client) -> None:
    page = ines.get(NEW).content.decode()
    assert "https://api.stripe.com" in page
    assert "live, restricted key" in page
    assert "This key opens the live account" in page
    assert "Nothing is changed at Stripe" in page
    assert "HaldenKeepsThis" not in page
    assert SECRET[:12] not in page


@pytest.mark.parametrize(
    ("key", "words"),
    [("sk_test_0123456789", "test, secret key"), ("sk_live_0123456789", "live, secret key"), ("", "none")],
)
def test_the_mode_is_what_the_key_begins_with(ines: Client, settings: Any, key: str, words: str) -> None:
    settings.STRIPE_API_KEY = key
    page = ines.get(NEW).content.decode()
    assert words in page
    assert ("This key opens the live account" in page) == key.startswith("sk_live")


def test_an_import_is_started_once_however_often_the_form_is_sent(ines: Client) -> None:
    form = filled(ines)
    first = ines.post(NEW, form)
    run = Run.objects.get(kind=KIND)
    assert first.headers["Location"] == reverse("imports:show", args=[run.pk])
    assert ines.post(NEW, form).headers["Location"] == first.headers["Location"]
    assert Run.objects.count() == 1
    assert jobs() == 1
    assert run.started_by_name == "Ines Marchetti"
    assert run.asked == {"server": "https://api.stripe.com", "mode": "live"}
    assert SECRET not in str(Run.objects.values().get())


def test_without_a_key_it_is_refused_with_the_remedy(ines: Client, settings: Any) -> None:
    settings.STRIPE_API_KEY = ""
    assert "STRIPE_API_KEY is not set" in ines.get(NEW).content.decode()
    answer = ines.post(NEW, filled(ines), headers=HTMX)
    assert answer.status_code == 422
    assert answer.content.decode().count("STRIPE_API_KEY is not set") == 1
    assert not Run.objects.exists()


def test_a_second_one_is_refused_while_one_runs_and_the_first_is_linked(ines: Client) -> None:
    form = filled(ines)
    run = made("running")
    answer = ines.post(NEW, form, headers=HTMX)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "An import started by Ines Marchetti is under way" in page
    assert reverse("imports:show", args=[run.pk]) in page
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "sees", "starts"),
    [("support", 403, 403), ("finance", 200, 200), ("admin", 200, 200), ("auditor", 200, 403)],
)
def test_who_may_look_and_who_may_start(client: Client, role: str, sees: int, starts: int) -> None:
    run = made("running")
    client.force_login(member_in(role))
    assert client.get("/imports/").status_code == sees
    assert client.get(f"/imports/{run.pk}/").status_code == sees
    assert client.get(f"/imports/{run.pk}/progress/").status_code == sees
    assert client.get(NEW).status_code == starts
    assert client.get(f"/imports/{run.pk}/cancel/").status_code == starts
    resumed = client.post(f"/imports/{run.pk}/resume/").status_code
    assert resumed == (302 if starts == 200 else 403)
    if starts == 403:
        assert client.post(NEW, {"form_key": form_key()}).status_code == 403
        assert client.post(f"/imports/{run.pk}/cancel/", {"form_key": form_key()}).status_code == 403
        run.refresh_from_db()
        assert run.state == "running"


def test_the_auditor_sees_why_there_is_no_button(client: Client) -> None:
    client.force_login(member_in("auditor"))
    assert "Your role may not do this" in client.get("/imports/").content.decode()


def test_another_kind_of_run_is_not_an_import(ines: Client) -> None:
    run = made(kind="customers.tag", title="Tag as VIP")
    assert ines.get(f"/imports/{run.pk}/").status_code == 404
    assert ines.post(f"/imports/{run.pk}/resume/").status_code == 404
    assert "Tag as VIP" not in ines.get("/imports/").content.decode()


def test_the_page_says_what_was_new_changed_and_unchanged_of_each_kind(ines: Client) -> None:
    run = made(
        done=60,
        failed=1,
        cursor={"stage": "credit_notes", "after": ""},
        result={
            "customers": {"seen": 50, "written": 12, "created": 9, "failed": 1},
            "postings": {"seen": 0, "written": 40, "created": 0, "failed": 0},
            "credit_notes": {"not_offered": True},
        },
    )
    page = ines.get(f"/imports/{run.pk}/").content.decode()
    text = re.sub(r"<[^>]+>", " ", page)
    assert re.search(r"Customers\s+Done\s+50\s+9\s+3\s+37\s+1 failed", text)
    assert "not offered by this server" in page
    facts = re.search(r'<dl class="facts">(.*?)</dl>', page, re.S)
    assert facts is not None
    assert re.findall(r"\d+", re.sub(r"<[^>]+>", " ", facts[1]))[:5] == ["50", "9", "3", "37", "1"]
    assert "hx-trigger" not in page.partition('id="import-part"')[2].partition(">")[0]


def test_what_failed_stands_with_its_sentence_and_the_object_that_is_here(ines: Client) -> None:
    run = made(failed=3, asked={"server": "https://api.stripe.com", "mode": "test"})
    payment = make.payment(gateway="stripe", gateway_id="pi_0001")
    sentence = "The charge ch_1 names a payment that is in another currency."
    for number, (kind, gateway_id) in enumerate(
        [("payment intent", "pi_0001"), ("invoice", "in_9"), ("price", "price_9")]
    ):
        RunRow.objects.create(
            run=run, subject_kind=kind, subject_id=number, label=gateway_id, ok=False, message=sentence
        )
    page = ines.get(f"/imports/{run.pk}/").content.decode()
    assert sentence in page
    assert reverse("payments:show", args=[payment.reference]) in page
    assert "https://dashboard.stripe.com/test/invoices/in_9" in page
    assert page.count("not here") == 2


def test_no_link_to_stripe_for_what_another_server_said(ines: Client) -> None:
    run = made(failed=1, asked={"server": "http://localhost:8199", "mode": "test"})
    RunRow.objects.create(
        run=run, subject_kind="invoice", subject_id=1, label="in_9", ok=False, message="It cannot be read."
    )
    assert "dashboard.stripe.com" not in ines.get(f"/imports/{run.pk}/").content.decode()


def test_hundreds_of_failures_come_a_hundred_at_a_time_in_as_many_queries(ines: Client) -> None:
    run = made(failed=250)

    def fail(start: int, count: int) -> None:
        RunRow.objects.bulk_create(
            RunRow(
                run=run,
                subject_kind="invoice",
                subject_id=n,
                label=f"in_{n:04}",
                ok=False,
                message="It is not.",
            )
            for n in range(start, start + count)
        )

    fail(0, 5)
    address = f"/imports/{run.pk}/"
    ines.get(address)
    with CaptureQueriesContext(connection) as few:
        ines.get(address)
    fail(5, 245)
    with CaptureQueriesContext(connection) as many:
        page = ines.get(address).content.decode()
    assert len(many) == len(few)
    assert page.count("It is not.</td>") == 100
    following = re.search(r'href="(\?after=\d+)#failed"', page)
    assert following is not None
    second = ines.get(address + following[1]).content.decode()
    assert "in_0100" in second
    assert "in_0099" not in second
    assert ines.get(address + "?after=nonsense").status_code == 200


def test_the_list_asks_as_often_for_fifty_imports_as_for_three(ines: Client) -> None:
    for _ in range(3):
        made(result={"customers": {"seen": 5, "written": 5, "created": 5, "failed": 0}})
    ines.get("/imports/")
    with CaptureQueriesContext(connection) as few:
        ines.get("/imports/")
    for _ in range(40):
        made(result={"customers": {"seen": 5, "written": 0, "created": 0, "failed": 0}})
    with CaptureQueriesContext(connection) as many:
        page = ines.get("/imports/").content.decode()
    assert len(many) == len(few)
    assert "5 new" in page
    assert "nothing new" in page


def test_the_moving_part_polls_while_it_runs_and_has_the_page_loaded_again_at_the_end(ines: Client) -> None:
    run = made("running", stage="Invoices", done=1_200, cursor={"stage": "invoices", "after": "in_9"})
    part = ines.get(f"/imports/{run.pk}/progress/", headers={"HX-Request": "true"})
    page = part.content.decode()
    assert "<html" not in page
    assert 'hx-trigger="every 2s"' in page
    assert "1,200 objects read so far" in page
    before = [stage.name for stage in STAGES].index("invoices")
    assert f'value="{before}" max="{len(STAGES)}"' in page
    assert "HX-Refresh" not in part.headers
    Run.objects.filter(pk=run.pk).update(state="done", finished_at=timezone.now())
    over = ines.get(f"/imports/{run.pk}/progress/", headers={"HX-Request": "true"})
    assert over.headers["HX-Refresh"] == "true"
    assert "every 2s" not in over.content.decode()


def test_a_silent_one_says_since_when_and_can_be_resumed(ines: Client) -> None:
    run = made("running", heartbeat_at=timezone.now() - timedelta(minutes=6))
    page = ines.get(f"/imports/{run.pk}/").content.decode()
    assert "the last news came 6 minutes ago" in page
    assert reverse("imports:resume", args=[run.pk]) in page
    ines.post(f"/imports/{run.pk}/resume/")
    run.refresh_from_db()
    assert run.state == "queued"
    assert jobs() == 1


def test_a_lively_one_is_not_resumed(ines: Client) -> None:
    run = made("running")
    assert reverse("imports:resume", args=[run.pk]) not in ines.get(f"/imports/{run.pk}/").content.decode()
    answer = ines.post(f"/imports/{run.pk}/resume/", follow=True)
    assert "is under way" in answer.content.decode()
    assert jobs() == 0


def test_a_stopped_one_says_why_and_goes_on(ines: Client) -> None:
    run = made("failed", message="Stripe did not answer. The import stands where it stopped: resume it.")
    page = ines.get(f"/imports/{run.pk}/").content.decode()
    assert "Stripe did not answer." in page
    ines.post(f"/imports/{run.pk}/resume/")
    run.refresh_from_db()
    assert (run.state, run.message) == ("queued", "")


def test_nothing_is_resumed_without_a_key(ines: Client, settings: Any) -> None:
    settings.STRIPE_API_KEY = ""
    run = made("failed")
    page = ines.post(f"/imports/{run.pk}/resume/", follow=True).content.decode()
    assert "STRIPE_API_KEY is not set" in page
    run.refresh_from_db()
    assert run.state == "failed"


def test_canceling_asks_first_and_keeps_what_was_recorded(ines: Client) -> None:
    run = made("running", done=300)
    address = reverse("imports:cancel", args=[run.pk])
    asked = ines.get(address).content.decode()
    assert "What it has recorded stays" in asked
    ines.post(address, {"form_key": form_key()})
    run.refresh_from_db()
    assert (run.state, run.done) == ("canceled", 300)
    page = ines.get(f"/imports/{run.pk}/").content.decode()
    assert "Canceled by Ines Marchetti" in page
    assert "Import again" in page


def test_one_that_was_done_meanwhile_is_not_called_canceled(ines: Client) -> None:
    run = made("done")
    address = reverse("imports:cancel", args=[run.pk])
    page = ines.post(address, {"form_key": form_key()}, follow=True).content.decode()
    assert "was done already" in page
    run.refresh_from_db()
    assert run.state == "done"


@pytest.mark.parametrize("query", ["?peek=nonsense", "?peek=Import+999999", "?state=paused", "?format=csv"])
def test_odd_addresses_of_the_list_are_answered(ines: Client, query: str) -> None:
    made()
    assert ines.get(f"/imports/{query}").status_code == 200


def test_the_peek_counts_by_kind(ines: Client) -> None:
    run = made(result={"customers": {"seen": 50, "written": 12, "created": 9, "failed": 1}})
    page = ines.get(
        f"/imports/?peek=Import+{run.pk}", headers={"HX-Request": "true", "HX-Target": "peek"}
    ).content.decode()
    assert "50, 9 new, 3 changed, 1 failed" in page
