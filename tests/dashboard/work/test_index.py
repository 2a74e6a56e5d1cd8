"""My work: what is mine, due, coming and asleep; and giving many rows to somebody at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.history.actors import person
from billing.ids import form_key
from billing.jobs.models import Run
from billing.jobs.services import do_run
from billing.models import Identity
from dashboard.parts.navigation import counts_for
from dashboard.queues.models import WorkItem
from tests import make

pytestmark = pytest.mark.django_db


def item(subject: Any, member: Any, **more: Any) -> WorkItem:
    fields = {
        "subject_kind": subject._meta.model_name,
        "subject_id": subject.pk,
        "label": "kept",
        "url": "/",
        "assignee": member,
        "changed_at": timezone.now(),
        **more,
    }
    return WorkItem.objects.create(**fields)


def card(text: str, name: str) -> str:
    """The part of the page under this heading."""
    return text.split(f'id="{name}"', 1)[1].split("</section>", 1)[0] if f'id="{name}"' in text else ""


def page(desk: Client) -> str:
    answer = desk.get("/work/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_page_teaches(desk: Client) -> None:
    assert "Nothing waits for you" in page(desk)


def test_each_stands_where_it_belongs(desk: Client, jude: Any, ines: Any) -> None:
    today, now = timezone.localdate(), timezone.now()
    mine, late, due, coming, asleep, others = (
        make.refund(make.payment(amount_minor=100 + n)) for n in range(6)
    )
    item(mine, jude)
    item(late, None, follow_up_by=jude, follow_up_on=today - timedelta(days=2), note="Ask the bank.")
    item(due, None, follow_up_by=jude, follow_up_on=today)
    item(coming, None, follow_up_by=jude, follow_up_on=today + timedelta(days=2))
    item(asleep, jude, snoozed_until=now + timedelta(days=1))
    item(others, ines)
    text = page(desk)
    assert "Refund of 1.00 EUR" in card(text, "mine")
    assert "Overdue since" in card(text, "due")
    assert "Ask the bank." in card(text, "due")
    assert "Refund of 1.02 EUR" in card(text, "due")
    assert card(text, "due").count("Overdue since") == 1
    assert "Refund of 1.03 EUR" in card(text, "coming")
    assert "Refund of 1.04 EUR" in card(text, "asleep")
    assert "Refund of 1.05 EUR" not in text
    assert counts_for(jude)["work"] == 3


def test_done_takes_it_off_and_a_second_press_says_so(desk: Client, jude: Any) -> None:
    refund = make.refund()
    item(refund, None, follow_up_by=jude, follow_up_on=timezone.localdate())
    address = f"/work/refund/{refund.reference}/done/"
    assert "Followed up: Refund of" in desk.post(address, follow=True).content.decode()
    assert WorkItem.objects.get().follow_up_on is None
    assert "is not on your list any more" in desk.post(address, follow=True).content.decode()


def test_somebody_elses_work_is_not_taken_off_by_the_quick_buttons(desk: Client, ines: Any) -> None:
    refund = make.refund()
    item(refund, ines, snoozed_until=timezone.now() + timedelta(days=1))
    for what in ("release", "wake", "done"):
        desk.post(f"/work/refund/{refund.reference}/{what}/")
    kept = WorkItem.objects.get()
    assert kept.assignee == ines
    assert kept.snoozed_until is not None


def test_woken_by_hand(desk: Client, jude: Any) -> None:
    refund = make.refund()
    item(refund, jude, snoozed_until=timezone.now() + timedelta(days=1))
    desk.post(f"/work/refund/{refund.reference}/wake/")
    assert "Refund of" in card(page(desk), "mine")


def test_work_of_an_erased_customer_names_nobody(desk: Client, jude: Any) -> None:
    refund = make.refund()
    item(refund, jude)
    Identity.objects.filter(customer=refund.customer).delete()
    assert f"{refund.customer.reference} (erased)" in page(desk)


def test_three_and_sixty_cost_the_same(desk: Client, jude: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(desk)
        return len(captured)

    def some(number: int) -> None:
        for _ in range(number):
            item(make.refund(), jude)
            item(make.customer(), jude)

    some(3)
    queries()
    few = queries()
    some(27)
    assert queries() == few


@pytest.mark.parametrize(
    ("screen", "kind"), [("refunds", "refund"), ("payments", "payment"), ("disputes", "dispute")]
)
def test_many_are_given_to_somebody_with_a_result_for_each(
    desk: Client, ines: Any, screen: str, kind: str
) -> None:
    subjects = [
        {"refund": make.refund, "payment": make.payment, "dispute": make.dispute}[kind]() for _ in "123"
    ]
    picked = "&".join(f"pick={subject.pk}" for subject in subjects)
    assert "Assign to…" in desk.get(f"/{screen}/?view=all").content.decode()
    address = f"/lists/{screen}/bulk/assign/?{picked}"
    assert "Ines Marchetti" in desk.get(address).content.decode()
    sent = {"assignee": ines.pk, "form_key": form_key(), "shown_count": "3"}
    assert desk.post(address, sent).status_code == 302
    run = Run.objects.get()
    do_run(run_id=run.pk, clock=timezone.now)
    run.refresh_from_db()
    assert (run.done, run.failed) == (3, 0)
    assert WorkItem.objects.filter(assignee=ines, subject_kind=kind).count() == 3
    assert set(run.rows.values_list("message", flat=True)) == {"Assigned to Ines Marchetti"}


def test_one_who_left_meanwhile_fails_row_by_row(desk: Client, ines: Any, jude: Any) -> None:
    refund = make.refund()
    sent = {"assignee": ines.pk, "form_key": form_key(), "shown_count": "1"}
    desk.post(f"/lists/refunds/bulk/assign/?pick={refund.pk}", sent)
    ines.is_active = False
    ines.save(update_fields=["is_active"])
    run = do_run(run_id=Run.objects.get().pk, clock=timezone.now)
    assert run.failed == 1
    assert "no longer works here" in run.rows.get().message
    assert person(jude.pk, "Jude Okafor").ref == run.started_by_ref
