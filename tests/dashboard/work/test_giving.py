"""Assigning, snoozing and following up any object; what is wrong is said in a sentence."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from billing.ids import form_key
from billing.models import HistoryEntry
from dashboard.queues.models import WorkItem
from dashboard.queues.subjects import KINDS
from dashboard.work.forms import moments, next_working_day
from tests import make

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
EFFECTS = {"HX-Request": "true", "HX-Target": "effects"}


def of(kind: str) -> Any:
    return {
        "refund": make.refund,
        "payment": make.payment,
        "dispute": make.dispute,
        "invoice": make.invoice,
        "subscription": make.subscription,
        "customer": make.customer,
        "webhookevent": make.event,
    }[kind]()


def send(desk: Client, subject: Any, what: str, **sent: Any) -> Any:
    kind = subject._meta.model_name
    return desk.post(
        f"/work/{kind}/{getattr(subject, KINDS[kind].key)}/{what}/", {"form_key": form_key(), **sent}
    )


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_can_be_taken_up_and_given_back(desk: Client, jude: Any, kind: str) -> None:
    subject = of(kind)
    assert desk.get(f"/work/{kind}/{getattr(subject, KINDS[kind].key)}/assign/").status_code == 200
    assert send(desk, subject, "assign", assignee=jude.pk).status_code == 302
    item = WorkItem.objects.get(subject_kind=kind, subject_id=subject.pk)
    assert item.assignee == jude
    text = desk.get("/work/").content.decode()
    assert KINDS[kind].label(subject) in text
    assert "Brückner" in text or kind == "webhookevent", "an event is nobody's"
    assert send(desk, subject, "release").status_code == 302
    item.refresh_from_db()
    assert item.assignee is None
    said = list(HistoryEntry.objects.filter(kind="assigned").order_by("pk").values_list("facts", flat=True))
    assert said == [{"to": "Jude Okafor"}, {"to": ""}]


def test_what_is_kept_beside_the_work_names_no_customer(desk: Client, jude: Any) -> None:
    for kind in KINDS:
        send(desk, of(kind), "assign", assignee=jude.pk)
    kept = " ".join(WorkItem.objects.values_list("label", flat=True))
    assert "Brückner" not in kept


def test_the_form_proposes_oneself(desk: Client, jude: Any, ines: Any) -> None:
    text = desk.get(f"/work/refund/{make.refund().reference}/assign/").content.decode()
    assert f'<option value="{jude.pk}" selected>Jude Okafor' in text
    assert "Ines Marchetti" in text


def test_nobody_who_may_not_see_it_is_offered_or_taken(desk: Client) -> None:
    gone = make.member("support", display_name="Sven Gone", is_active=False)
    roleless = make.member("", display_name="Nora None")
    refund = make.refund()
    text = desk.get(f"/work/refund/{refund.reference}/assign/").content.decode()
    assert "Sven Gone" not in text
    for member in (gone, roleless):
        answer = send(desk, refund, "assign", assignee=member.pk)
        assert answer.status_code == 422
        assert "choose somebody of the list" in answer.content.decode()
    assert not WorkItem.objects.exists()


def test_snoozed_until_tomorrow_morning_in_ones_own_zone(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    refund = make.refund()
    assert send(desk, refund, "snooze", until="tomorrow").status_code == 302
    until = WorkItem.objects.get().snoozed_until
    assert until is not None
    here = until.astimezone(BERLIN)
    assert here.date() == now.astimezone(BERLIN).date() + timedelta(days=1)
    assert (here.hour, here.minute) == (9, 0)
    assert "Asleep until" in desk.get(f"/refunds/{refund.reference}/").content.decode()


def test_snoozed_until_a_moment_and_woken(desk: Client) -> None:
    refund = make.refund()
    # At noon, an hour that each day has once.
    at = (timezone.now() + timedelta(days=40)).astimezone(BERLIN).replace(hour=12)
    assert send(desk, refund, "snooze", until="moment", at=f"{at:%Y-%m-%dT%H:%M}").status_code == 302
    kept = WorkItem.objects.get().snoozed_until
    assert kept is not None
    assert f"{kept.astimezone(BERLIN):%Y-%m-%dT%H:%M}" == f"{at:%Y-%m-%dT%H:%M}"
    assert send(desk, refund, "snooze", until="wake").status_code == 302
    assert WorkItem.objects.get().snoozed_until is None
    assert HistoryEntry.objects.filter(kind="woken").count() == 1


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "Until: choose when it comes back."),
        ({"until": "moment"}, "say the day and the time"),
        ({"until": "moment", "at": "soon"}, "write a day and a time"),
        ({"until": "moment", "at": "2020-01-01T09:00"}, "that is past"),
        ({"until": "moment", "at": "2099-01-01T09:00"}, "within a year"),
        ({"until": "wake"}, "Until: choose one of the list."),
    ],
)
def test_a_moment_that_cannot_be_is_refused_with_a_sentence(
    desk: Client, sent: dict[str, str], says: str
) -> None:
    answer = send(desk, make.refund(), "snooze", **sent)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not WorkItem.objects.filter(snoozed_until__isnull=False).exists()


def test_followed_up_on_a_day_with_a_note(desk: Client, jude: Any) -> None:
    refund = make.refund()
    on = timezone.localdate() + timedelta(days=3)
    assert send(desk, refund, "follow-up", on=on.isoformat(), note="Ask the bank.").status_code == 302
    item = WorkItem.objects.get()
    assert (item.follow_up_by, item.follow_up_on, item.note) == (jude, on, "Ask the bank.")
    text = desk.get(f"/refunds/{refund.reference}/").content.decode()
    assert "To follow up on" in text
    assert "Ask the bank." in text


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"on": ""}, "On: choose the day."),
        ({"on": "31.12."}, "On: write a day"),
        ({"on": "2020-01-01"}, "that day is past"),
        ({"on": "2099-01-01", "note": "x" * 501}, "shorten it to 500"),
    ],
)
def test_a_day_that_cannot_be_is_refused_and_the_note_kept(
    desk: Client, sent: dict[str, str], says: str
) -> None:
    answer = send(desk, make.refund(), "follow-up", **{"note": "Ask the bank.", **sent})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert says in text
    assert sent.get("note", "Ask the bank.") in text


def test_a_colleagues_follow_up_is_named_before_it_is_replaced(desk: Client, ines: Any) -> None:
    refund = make.refund()
    other = Client()
    other.force_login(ines)
    send(other, refund, "follow-up", on=(timezone.localdate() + timedelta(days=2)).isoformat())
    text = desk.get(f"/work/refund/{refund.reference}/follow-up/").content.decode()
    assert "Ines Marchetti follows it up on" in text
    assert "yours takes its place" in text


def test_what_will_happen_is_told_and_nothing_is_done(desk: Client, jude: Any) -> None:
    refund = make.refund()
    address = f"/work/refund/{refund.reference}"
    for what, sent, says in (
        ("assign", {"assignee": jude.pk}, "You find it in My work"),
        ("assign", {"assignee": "nobody"}, "belongs to nobody then"),
        ("snooze", {"until": "week"}, "It comes back on"),
        ("snooze", {"until": "moment", "at": "2020-01-01T09:00"}, "That moment is past"),
        ("follow-up", {"on": "2020-01-01"}, "That day is past"),
    ):
        answer = desk.post(f"{address}/{what}/", sent, headers=EFFECTS)
        assert answer.status_code == 200
        assert says in answer.content.decode()
    assert not WorkItem.objects.exists()


def test_an_auditor_may_not_and_the_page_says_who_may(ines: Any) -> None:
    auditor = Client()
    auditor.force_login(make.member("auditor", display_name="Ruth Adeyemi"))
    refund = make.refund()
    for what in ("assign", "snooze", "follow-up", "done", "release", "wake"):
        assert send(auditor, refund, what, assignee=ines.pk).status_code == 403
    assert "Assign… is not possible" not in auditor.get("/refunds/").content.decode()
    assert "Your role may not do this" in auditor.get(f"/refunds/{refund.reference}/").content.decode()


def test_what_is_not_there_is_not_found(desk: Client) -> None:
    assert desk.get("/work/refund/REF-20260101-00000000/assign/").status_code == 404
    assert desk.get("/work/member/1/assign/").status_code == 404


def test_the_mornings_on_offer() -> None:
    with timezone.override(BERLIN):
        # A Friday evening before the clock goes back: nine stays nine.
        found = moments(datetime(2026, 10, 23, 22, 30, tzinfo=BERLIN))
        assert {name: f"{at:%a %d %H:%M %Z}" for name, at in found.items()} == {
            "tomorrow": "Sat 24 09:00 CEST",
            "monday": "Mon 26 09:00 CET",
            "week": "Fri 30 09:00 CET",
        }
    monday = datetime(2026, 11, 16, 8, tzinfo=BERLIN)
    with timezone.override(BERLIN):
        assert moments(monday)["monday"].date() == datetime(2026, 11, 23, tzinfo=BERLIN).date()
    friday = datetime(2026, 11, 20, tzinfo=BERLIN).date()
    assert next_working_day(friday).weekday() == 0
    assert next_working_day(friday + timedelta(days=1)).weekday() == 0
    assert next_working_day(friday - timedelta(days=1)) == friday
