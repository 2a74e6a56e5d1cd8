"""An outage recorded, its credits held against limits, given once, told once."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from billing.approvals.models import Approval, LimitUse
from billing.approvals.services import approve, reject
from billing.checks.incidents import CHECKS
from billing.errors import Conflict, InvalidInput
from billing.ids import form_key
from billing.incidents.services import withdraw_incident
from billing.jobs import services as jobs
from billing.jobs.services import do_run, retry_failed
from billing.messages.models import Message
from billing.models import CreditEntry, HistoryEntry, Incident, IncidentCredit, PostingLine, Run
from tests import make
from tests.billing.incidents.book import INES, JUDE, NOW, TOVE, a_user, balance, begun, recorded

pytestmark = pytest.mark.django_db


def done(run: Run) -> Run:
    return do_run(run_id=run.pk, clock=timezone.now)


def test_recording_gives_nothing_and_credits_are_given_once():
    meter = make.meter()
    first, second = a_user(meter), a_user(meter, price=29_900, currency="KWD")
    a_user(meter, price=0)
    incident = recorded(meter)
    assert (incident.state, incident.hit, incident.left_out) == ("recorded", 2, 1)
    assert not CreditEntry.objects.exists()

    runs = begun(incident, write_to_customer=True, note="It will not happen again.")

    assert [run.asked["currency"] for run in runs] == ["EUR", "KWD"]
    assert [(run.done, run.failed) for run in map(done, runs)] == [(1, 0), (1, 0)]
    assert balance(first.customer) == 83
    assert balance(second.customer, "KWD") == 249
    with connection.cursor() as cursor:
        assert [check.run(cursor).broken for check in CHECKS] == [0, 0]
    booked = PostingLine.objects.filter(customer=first.customer, account="customer_balance")
    assert [line.amount_minor for line in booked] == [-83]
    assert Message.objects.filter(kind="incident_credited").count() == 2
    words = Message.objects.get(customer=first.customer).text.body
    assert "Exports did not start" in words
    assert "0,83" in words
    assert "It will not happen again." in words
    incident.refresh_from_db()
    assert incident.state == "credited"
    with pytest.raises(Conflict, match="Nothing is left"):
        begun(incident)


def test_one_form_records_one_incident_and_begins_one_run():
    meter, key = make.meter(), form_key()
    a_user(meter)
    first, again = recorded(meter, form_key=key), recorded(meter, form_key=key)
    assert first.pk == again.pk
    key = form_key()
    assert [run.pk for run in begun(first, form_key=key)] == [run.pk for run in begun(first, form_key=key)]
    assert Run.objects.count() == 1
    assert LimitUse.objects.count() == 1


def test_killed_at_a_row_and_resumed_it_credits_nobody_twice(monkeypatch):
    meter = make.meter()
    users = [a_user(meter) for _ in range(5)]
    (run,) = begun(recorded(meter), write_to_customer=True)
    real, calls = jobs._one, []

    def killed(*args):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(jobs, "_one", killed)
    with pytest.raises(KeyboardInterrupt):
        done(run)
    monkeypatch.undo()
    assert IncidentCredit.objects.filter(entry__isnull=False).count() == 2

    run = done(run)

    assert (run.state, run.done, run.failed) == ("done", 5, 0)
    assert [balance(each.customer) for each in users] == [83] * 5
    assert Message.objects.count() == 5


def test_another_incident_of_the_same_time_credits_them_no_second_time():
    meter = make.meter()
    held = a_user(meter)
    one, other = recorded(meter), recorded(meter, title="Exports were slow")
    (first,), (second,) = begun(one), begun(other)
    done(first)

    run = done(second)

    assert run.failed == 1
    assert one.reference in run.rows.get().message
    assert balance(held.customer) == 83
    third = recorded(meter)
    assert third.credits.get().why_not == f"was credited for this already by {one.reference}"
    assert done(retry_failed(run=run, actor=INES, now=NOW)).failed == 1


def test_above_the_limit_one_yes_stands_for_all_of_it():
    meter = make.meter()
    held = a_user(meter, price=100_000_000)
    (run,) = begun(recorded(meter), actor=JUDE)
    assert run.state == "paused"
    assert balance(held.customer) == 0
    request = Approval.objects.get()
    assert (request.action, request.amount_minor) == ("incident_credit", 833_333)

    approve(
        approval_id=request.pk, reason="Agreed", seen_digest=request.digest, actor=TOVE, now=NOW,
        check=lambda approval: None,
    )  # fmt: skip
    run = done(run)

    assert (run.done, run.failed) == (1, 0)
    assert balance(held.customer) == 833_333
    with pytest.raises(Conflict):
        approve(approval_id=request.pk, reason="Again", actor=TOVE, now=NOW, check=lambda approval: None)


def test_resuming_a_waiting_run_by_hand_gives_nothing():
    meter = make.meter()
    held = a_user(meter, price=100_000_000)
    (run,) = begun(recorded(meter), actor=JUDE)
    Run.objects.filter(pk=run.pk).update(state="queued")
    assert done(run).failed == 1
    assert balance(held.customer) == 0


def test_what_was_changed_after_it_was_asked_is_void():
    meter = make.meter()
    a_user(meter, price=100_000_000)
    (run,) = begun(recorded(meter), actor=JUDE)
    Run.objects.filter(pk=run.pk).update(asked=run.asked | {"note": "Another word"})
    request = Approval.objects.get()
    with pytest.raises(Conflict, match="void"):
        approve(approval_id=request.pk, reason="Yes", actor=TOVE, now=NOW, check=lambda approval: None)


def test_after_a_no_it_can_be_asked_again_or_withdrawn():
    meter = make.meter()
    a_user(meter, price=100_000_000)
    incident = recorded(meter)
    begun(incident, actor=JUDE)
    with pytest.raises(Conflict, match="under way"):
        withdraw_incident(incident_id=incident.pk, reason="Wrong day", actor=INES, now=NOW)
    reject(
        approval_id=Approval.objects.get().pk, reason="Too much", actor=TOVE, now=NOW,
        check=lambda approval: None,
    )  # fmt: skip
    (again,) = begun(incident, actor=JUDE)
    assert again.state == "paused"
    reject(
        approval_id=Approval.objects.get(state="requested").pk, reason="Still", actor=TOVE, now=NOW,
        check=lambda approval: None,
    )  # fmt: skip
    withdraw_incident(incident_id=incident.pk, reason="Wrong day", actor=INES, now=NOW)
    assert Incident.objects.get().state == "withdrawn"
    with pytest.raises(Conflict, match="withdrawn"):
        begun(incident)
    told = HistoryEntry.objects.filter(subject_kind="incident").order_by("pk")
    assert [entry.to_state for entry in told] == ["recorded", "credited", "withdrawn"]


def test_what_was_credited_is_not_withdrawn():
    meter = make.meter()
    a_user(meter)
    incident = recorded(meter)
    done(begun(incident)[0])
    with pytest.raises(Conflict, match="already"):
        withdraw_incident(incident_id=incident.pk, reason="Wrong day", actor=INES, now=NOW)


def test_nobody_hit_is_said_and_nothing_is_recorded():
    with pytest.raises(InvalidInput, match="Nobody used API calls"):
        recorded(make.meter())
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda credit: IncidentCredit.objects.filter(pk=credit.pk).update(amount_minor=99_999),
        lambda credit: IncidentCredit.objects.filter(pk=credit.pk).update(entry=None, given_at=None),
        lambda credit: IncidentCredit.objects.filter(pk=credit.pk).delete(),
        lambda credit: Incident.objects.filter(pk=credit.incident_id).update(title="Another"),
        lambda credit: Incident.objects.filter(pk=credit.incident_id).update(state="recorded"),
    ],
)
def test_the_database_keeps_what_was_recorded(change):
    meter = make.meter()
    a_user(meter)
    incident = recorded(meter)
    done(begun(incident)[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        change(incident.credits.get())
