"""Assign, snooze and follow up: one row for how things stand, history for what was done."""

from datetime import UTC, date, datetime, timedelta

import pytest

from billing.errors import InvalidInput
from billing.history.actors import person
from billing.models import Customer, HistoryEntry
from dashboard.queues import queries
from dashboard.queues.models import WorkItem
from dashboard.queues.services import assign, follow_up, snooze
from tests.dashboard.people import member_in

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 14, 9, tzinfo=UTC)
JUDE = person(1, "Jude Okafor")


@pytest.fixture
def about() -> dict[str, object]:
    customer = Customer.objects.create(reference="CUS-7K2M9QPA", created_at=NOW)
    return {
        "subject": customer,
        "label": "Brückner",
        "url": "/customers/CUS-7K2M9QPA/",
        "actor": JUDE,
        "now": NOW,
    }


def kinds() -> list[str]:
    return list(HistoryEntry.objects.order_by("id").values_list("kind", flat=True))


def test_what_is_assigned_is_that_members_work_once(about: dict) -> None:
    jude = member_in("support")
    assign(**about, assignee=jude)
    assign(**about, assignee=jude)
    assert [item.label for item in queries.assigned_to(jude, NOW)] == ["Brückner"]
    assert kinds() == ["assigned"]
    assert queries.due_count(jude, NOW.date(), NOW) == 1


def test_work_can_be_given_back(about: dict) -> None:
    jude = member_in("support")
    assign(**about, assignee=jude)
    assign(**about, assignee=None)
    assert not queries.assigned_to(jude, NOW).exists()


def test_somebody_who_left_gets_no_work(about: dict) -> None:
    gone = member_in("support")
    gone.is_active = False
    with pytest.raises(InvalidInput, match="no longer works here"):
        assign(**about, assignee=gone)
    assert not WorkItem.objects.exists()


def test_what_is_snoozed_sleeps_until_its_time(about: dict) -> None:
    jude = member_in("support")
    assign(**about, assignee=jude)
    snooze(**about, until=NOW + timedelta(days=2))
    assert not queries.assigned_to(jude, NOW).exists()
    assert queries.asleep_for(jude, NOW).count() == 1
    asleep = Customer.objects.filter(queries.sleeping("customer", NOW))
    assert asleep.exists()
    later = NOW + timedelta(days=2, seconds=1)
    assert queries.assigned_to(jude, later).count() == 1
    snooze(**about, until=None)
    assert queries.assigned_to(jude, NOW).count() == 1
    assert kinds() == ["assigned", "snoozed", "woken"]


@pytest.mark.parametrize("until", [NOW, NOW - timedelta(days=1), NOW + timedelta(days=400)])
def test_a_snooze_ends_in_the_future_and_within_a_year(about: dict, until: datetime) -> None:
    with pytest.raises(InvalidInput) as refusal:
        snooze(**about, until=until)
    assert refusal.value.field == "until"


def test_a_follow_up_comes_back_on_its_day_and_is_done(about: dict) -> None:
    jude = member_in("support")
    follow_up(**about, on=date(2026, 11, 20), note="Ask whether the money came.", member=jude)
    assert queries.due_count(jude, date(2026, 11, 19), NOW) == 0
    assert queries.due_count(jude, date(2026, 11, 20), NOW) == 1
    assert [item.note for item in queries.follow_ups_of(jude)] == ["Ask whether the money came."]
    follow_up(**about, on=None, note="", member=jude)
    assert not queries.follow_ups_of(jude).exists()
    assert kinds() == ["follow_up", "follow_up_done"]


def test_a_follow_up_is_not_in_the_past(about: dict) -> None:
    with pytest.raises(InvalidInput, match="that day is past"):
        follow_up(**about, on=date(2026, 11, 17), note="", member=member_in("support"))
