"""Ending a subscription that a gateway collects: asked for, set there once, read back, told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.errors import Conflict, InvalidInput
from billing.gateways.errors import Unreachable
from billing.gateways.facts import EndFact
from billing.gateways.models import SandboxObject
from billing.gateways.sandbox import Sandbox
from billing.gateways.sandbox_subscriptions import subscribe
from billing.history.actors import person
from billing.ids import form_key
from billing.models import Alert, GatewayEnd, HistoryEntry, MrrMovement, Subscription, SubscriptionChange
from billing.subscriptions.gateway_ends.asking import ask_end, why_no_end
from billing.subscriptions.gateway_ends.rules import is_done, sentence
from billing.subscriptions.gateway_ends.setting import resume_settings, set_end
from tests import make
from tests.races.harness import at_once, refused, went_through

NOW = make.NOW
JUDE = person(1, "Jude Okafor")
END = datetime(2026, 12, 18, 9, 30, tzinfo=UTC)


def told(state: str = "active", **more: Any) -> EndFact:
    fields: dict[str, Any] = {
        "gateway": "sandbox", "gateway_id": "sbx_sub_1", "state": state, "cancel_at": None,
        "cancel_at_period_end": False, "current_period_start": NOW, "current_period_end": END,
        "ended_at": None, "as_of": NOW, **more,
    }  # fmt: skip
    return EndFact(**fields)


@pytest.mark.parametrize(
    ("wanted", "at", "fact", "done"),
    [
        ("now", None, told("canceled"), True),
        ("now", None, told(), False),
        ("now", None, None, False),
        ("later", END, told(cancel_at=END), True),
        ("later", END, told(cancel_at=END.replace(microsecond=400)), True),
        ("later", END, told(cancel_at_period_end=True), True),
        ("later", END, told(cancel_at=END + timedelta(days=1)), False),
        ("later", END, told(), False),
        ("later", END, told("canceled"), False),
        ("never", None, told(), True),
        ("never", None, told(cancel_at=END), False),
        ("never", None, told("canceled"), False),
    ],
)
def test_what_the_gateway_says_is_believed_not_what_it_was_asked(
    wanted: str, at: datetime | None, fact: EndFact | None, done: bool
) -> None:
    assert is_done(wanted, at, fact) is done
    assert sentence(wanted, at, "Stripe", done=done).startswith("Stripe ")


def theirs(**body: Any) -> Subscription:
    ends = {"current_period_start": NOW, "current_period_end": END, "currency": "EUR"}
    row = make.subscription(
        collected_by="gateway", gateway="sandbox", gateway_id=f"sbx_sub_{make.serial()}", **ends
    )
    subscribe(row.gateway_id, anchor_at=NOW, **body)
    return row


def ask(of: Subscription, wanted: str = "later", **more: Any) -> GatewayEnd:
    fields: dict[str, Any] = {
        "reason": "They move on", "actor": JUDE, "now": NOW, "asked_by": "customer", **more,
    }  # fmt: skip
    return ask_end(subscription_id=of.pk, wanted=wanted, **fields)


def again(of: Subscription) -> Subscription:
    return Subscription.objects.get(pk=of.pk)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway's own, a minute ahead."""
    later = NOW + timedelta(minutes=1)
    monkeypatch.setattr(Sandbox, "__init__", lambda self: setattr(self, "clock", lambda: later) or None)


@pytest.mark.django_db(transaction=True)
class TestAtTheGateway:
    def test_with_its_period(self) -> None:
        row = theirs()
        end = ask(row)
        assert (end.state, end.ends_at, again(row).cancel_at) == ("asked", END, None)
        jobs = ProcrastinateJob.objects.filter(task_name="gateway_ends.set_end", args={"end_id": end.pk})
        assert jobs.count() == 1
        held = set_end(end_id=end.pk, now=NOW + timedelta(minutes=1))
        assert (held.state, held.found) == ("held", "Sandbox ends it on 18 December 2026.")
        assert (again(row).cancel_at, again(row).state) == (END, "active")
        change = SubscriptionChange.objects.get(subscription=row)
        assert (change.kind, change.asked_by, change.reason) == ("cancel", "customer", "They move on")
        assert set_end(end_id=end.pk, now=NOW + timedelta(hours=1)).settled_at == held.settled_at

    def test_and_it_goes_on_after_all(self) -> None:
        row = theirs()
        set_end(end_id=ask(row).pk, now=NOW + timedelta(minutes=1))
        kept = set_end(end_id=ask(again(row), "never").pk, now=NOW + timedelta(minutes=2))
        assert (kept.state, again(row).cancel_at) == ("held", None)
        with pytest.raises(Conflict, match="nothing to undo"):
            ask(row, "never")

    def test_now_ends_it_and_counts_the_churn(self) -> None:
        row = theirs()
        set_end(end_id=ask(row, "now").pk, now=NOW + timedelta(minutes=1))
        assert (again(row).state, again(row).ended_at is not None) == ("canceled", True)
        assert MrrMovement.objects.filter(subscription=row, kind="churn").count() == 1
        with pytest.raises(Conflict, match="has ended"):
            ask(row)

    def test_no_answer_is_asked_again_under_the_same_key_and_is_done_once(self) -> None:
        row = theirs(trouble=["timeout"])
        end = ask(row)
        for _ in range(2):
            try:
                set_end(end_id=end.pk, now=NOW)
            except Unreachable:  # quiet: the job tries again
                assert "did not answer" in GatewayEnd.objects.get(pk=end.pk).found
        assert GatewayEnd.objects.get(pk=end.pk).state == "held"
        assert SandboxObject.objects.filter(kind="subscription_ask", parent_id=row.gateway_id).count() == 1

    def test_what_the_gateway_will_not_do_is_told_and_can_be_asked_again(self) -> None:
        row = theirs(forgets_at=NOW.isoformat())
        end = set_end(end_id=ask(row).pk, now=NOW + timedelta(minutes=1))
        assert end.state == "refused" and "names no such end" in end.found
        assert Alert.objects.get(kind="subscriptions.end_refused", closed_at=None).key == row.reference
        SandboxObject.objects.filter(pk=row.gateway_id).update(body={**theirs_body(row), "forgets_at": None})
        set_end(end_id=ask(row).pk, now=NOW + timedelta(minutes=2))
        assert not Alert.objects.filter(kind="subscriptions.end_refused", closed_at=None).exists()
        entries = HistoryEntry.objects.filter(
            subject_kind="subscription", kind__in=("end_held", "end_refused")
        )
        assert entries.count() == 2

    def test_a_lost_job_is_given_again(self) -> None:
        end = ask(theirs())
        assert resume_settings(now=NOW) == 0
        ProcrastinateJob.objects.filter(task_name="gateway_ends.set_end").update(status="failed")
        assert resume_settings(now=NOW) == 1
        assert ProcrastinateJob.objects.filter(status="todo", args={"end_id": end.pk}).count() == 1

    def test_two_who_ask_at_once_are_one(self) -> None:
        row = theirs()
        found = at_once([lambda: ask(row, "now", key=form_key()) for _ in range(4)])
        assert (len(went_through(found)), len(refused(found))) == (1, 3)
        assert GatewayEnd.objects.filter(subscription=row).count() == 1


def theirs_body(row: Subscription) -> dict[str, Any]:
    return dict(SandboxObject.objects.get(pk=row.gateway_id).body)


@pytest.mark.django_db
class TestAsking:
    def test_the_same_form_is_one(self) -> None:
        row, key = theirs(), form_key()
        assert ask(row, key=key) == ask(row, key=key)
        with pytest.raises(Conflict, match="being asked already"):
            ask(row, "now", key=form_key())

    def test_what_cannot_be_asked_says_why(self) -> None:
        assert "our billing run" in why_no_end(make.subscription())
        at_paypal = make.subscription(collected_by="gateway", gateway="paypal", gateway_id="I-1")
        assert "The desk cannot end subscriptions at PayPal" in why_no_end(at_paypal)
        bound = theirs()
        make.commitment(bound)
        with pytest.raises(Conflict, match="A commitment binds it"):
            ask(bound)
        with pytest.raises(InvalidInput):
            ask(theirs(), "someday")

    def test_the_database_holds_one_at_a_time_and_what_it_says(self) -> None:
        end = ask(theirs())
        for wrong in ({"ends_at": None}, {"settled_at": NOW}):
            with pytest.raises(IntegrityError), transaction.atomic():
                GatewayEnd.objects.filter(pk=end.pk).update(**wrong)
        with pytest.raises(IntegrityError), transaction.atomic():
            make.gateway_end(end.subscription)
