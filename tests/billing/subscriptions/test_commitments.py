"""Terms: agreed, canceled to their end, set at the gateway, read back, watched, released, renewed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.errors import Conflict, InvalidInput
from billing.gateways.errors import Unreachable
from billing.gateways.models import SandboxObject
from billing.gateways.sandbox import Sandbox
from billing.gateways.sandbox_subscriptions import subscribe
from billing.history.actors import person
from billing.ids import form_key
from billing.models import Alert, Commitment, HistoryEntry, MrrMovement, Subscription
from billing.subscriptions import commitments
from billing.subscriptions.canceling import cancel_subscription
from billing.subscriptions.commitments.setting import set_at_gateway
from billing.subscriptions.commitments.watching import resume_settings, watch_commitments
from billing.subscriptions.undoing import undo_cancel
from tests import make
from tests.races.harness import at_once, meeting, refused, went_through

NOW = make.NOW
JUDE = person(1, "Jude Okafor")
YEAR = NOW.replace(year=NOW.year + 1)


def agree(of: Subscription, months: int = 12, **more: Any) -> Commitment:
    fields: dict[str, Any] = {
        "renews": False, "agreed_by": "customer", "reason": "Order form of March", "actor": JUDE, "now": NOW,
        "form_key": form_key(), **more,
    }  # fmt: skip
    return commitments.agree_on_commitment(subscription_id=of.pk, months=months, **fields)


def ours(**more: Any) -> Subscription:
    return make.subscription(**{"current_period_end": NOW.replace(month=12), **more})


def cancel(of: Commitment, now: datetime = NOW) -> Commitment:
    return commitments.cancel_at_end(
        commitment_id=of.pk, asked_by="customer", reason="They move on", actor=JUDE, now=now
    )


def again(of: Commitment) -> Commitment:
    return Commitment.objects.get(pk=of.pk)


@pytest.mark.django_db
class TestOurs:
    def test_a_term_binds_to_the_boundary_of_a_period(self) -> None:
        made = agree(ours())
        assert (made.state, made.starts_on, made.ends_on) == ("agreed", NOW.date(), YEAR.date())
        assert made.ends_at == YEAR
        assert commitments.end_of(made.subscription, NOW) == YEAR
        assert commitments.end_of(made.subscription, YEAR) is None
        assert "committed until 18 November 2027" in commitments.why_not_now(made.subscription, NOW)
        assert not commitments.why_not_now(ours(), NOW)

    def test_the_same_form_is_one_and_a_second_term_is_refused(self) -> None:
        row, key = ours(), form_key()
        assert agree(row, form_key=key) == agree(row, form_key=key)
        with pytest.raises(Conflict, match="has a commitment already"):
            agree(row)

    @pytest.mark.parametrize("state", ["canceled", "paused", "incomplete", "unpaid"])
    def test_what_is_not_billed_takes_no_term(self, state: str) -> None:
        with pytest.raises(Conflict):
            agree(ours(state=state))

    def test_a_term_that_does_not_fit_is_refused(self) -> None:
        yearly = make.subscription(at=make.price(interval_unit="year"), current_period_end=YEAR)
        with pytest.raises(InvalidInput, match="whole number"):
            agree(yearly, months=6)
        with pytest.raises(InvalidInput):
            agree(ours(), months=0)

    def test_a_cancellation_takes_effect_at_its_end_and_is_confirmed_at_once(self) -> None:
        made = cancel(agree(ours()))
        row = Subscription.objects.get(pk=made.subscription_id)
        assert (made.state, row.cancel_at, row.cancel_at_period_end) == ("confirmed", YEAR, False)
        assert made.told_cancel_at == YEAR and made.found == "Our billing run ends it on 18 November 2027."
        assert cancel(made).pk == made.pk
        assert HistoryEntry.objects.filter(subject_kind="commitment", to_state="confirmed").count() == 1

    @pytest.mark.parametrize("when", ["period_end", "commitment_end"])
    def test_who_cancels_the_subscription_ends_it_with_the_term(self, when: Any) -> None:
        made = agree(ours())
        row = cancel_subscription(
            subscription_id=made.subscription_id, when=when, reason="Leaves", actor=JUDE, now=NOW
        )
        assert row.cancel_at == YEAR and again(made).state == "confirmed"
        undo_cancel(subscription_id=row.pk, reason="Stays", actor=JUDE, now=NOW + timedelta(days=1))
        assert (again(made).state, again(made).cancel_asked_at) == ("agreed", None)

    def test_now_is_refused_until_it_is_released(self) -> None:
        made = agree(ours())
        end = {"subscription_id": made.subscription_id, "when": "now", "reason": "Leaves", "actor": JUDE}
        with pytest.raises(Conflict, match="committed until"):
            cancel_subscription(**end, now=NOW)
        released = commitments.release_commitment(
            commitment_id=made.pk, reason="Bankrupt", actor=JUDE, now=NOW
        )
        assert (released.state, released.ended_at, released.watch_at) == ("released", NOW, None)
        assert cancel_subscription(**end, now=NOW).state == "canceled"
        with pytest.raises(Conflict):
            commitments.release_commitment(commitment_id=made.pk, reason="Again", actor=JUDE, now=NOW)

    def test_keeping_the_customer(self) -> None:
        made = cancel(agree(ours()))
        kept = commitments.withdraw_cancel(commitment_id=made.pk, reason="Stays", actor=JUDE, now=NOW)
        row = Subscription.objects.get(pk=made.subscription_id)
        assert (kept.state, kept.found, row.cancel_at, row.canceled_at) == ("agreed", "", None, None)
        with pytest.raises(Conflict, match="nothing to undo"):
            commitments.withdraw_cancel(commitment_id=made.pk, reason="Stays", actor=JUDE, now=NOW)

    def test_an_end_that_is_lost_opens_an_alert_which_closes_when_it_is_set_again(self) -> None:
        made = cancel(agree(ours()))
        Subscription.objects.filter(pk=made.subscription_id).update(cancel_at=None)
        day = NOW + timedelta(days=1)
        assert watch_commitments(now=NOW) == 0 and watch_commitments(now=day) == 1
        alert = Alert.objects.get(kind="commitments.at_risk", closed_at=None)
        assert alert.key == made.reference and "would bill beyond 18 November 2027" in alert.sentence
        assert again(made).state == "at_risk" and again(made).told_cancel_at is None
        watch_commitments(now=day + timedelta(hours=1))
        assert Alert.objects.count() == 1
        commitments.set_again(commitment_id=made.pk, reason="Lost by hand", actor=JUDE, now=day)
        assert again(made).state == "confirmed" and not Alert.objects.filter(closed_at=None).exists()
        assert Subscription.objects.get(pk=made.subscription_id).cancel_at == YEAR

    def test_a_term_that_nobody_canceled_ends_or_begins_again(self) -> None:
        once, ever = agree(ours()), agree(ours(), renews=True)
        watch_commitments(now=YEAR - timedelta(seconds=1))
        assert again(once).state == again(ever).state == "agreed"
        Subscription.objects.update(current_period_start=YEAR, current_period_end=YEAR.replace(month=12))
        watch_commitments(now=YEAR + timedelta(minutes=5))
        assert again(once).state == again(ever).state == "ended"
        following = Commitment.objects.get(subscription=ever.subscription, state="agreed")
        assert (following.starts_on, following.ends_on) == (YEAR.date(), YEAR.replace(year=2028).date())
        assert not Commitment.objects.filter(subscription=once.subscription, state="agreed").exists()
        watch_commitments(now=YEAR + timedelta(minutes=10))
        assert Commitment.objects.count() == 3

    def test_the_database_holds_the_terms(self) -> None:
        made = agree(ours())
        with pytest.raises(IntegrityError, match="commitment_is_one_per_subscription"), transaction.atomic():
            make.commitment(made.subscription)
        for change in ({"ends_at": NOW}, {"starts_on": YEAR.date()}, {"agreed_by_name": "Somebody"}):
            with pytest.raises(DatabaseError, match="do not change"), transaction.atomic():
                Commitment.objects.filter(pk=made.pk).update(**change)
        with pytest.raises(DatabaseError, match="stays on record"), transaction.atomic():
            Commitment.objects.filter(pk=made.pk).delete()
        commitments.release_commitment(commitment_id=made.pk, reason="x", actor=JUDE, now=NOW)
        with pytest.raises(DatabaseError), transaction.atomic():
            Commitment.objects.filter(pk=made.pk).update(state="agreed", ended_at=None)


@pytest.mark.django_db(transaction=True)
class TestAtTheGateway:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
        """The gateway's clock, which tests set."""
        told = [NOW]
        monkeypatch.setattr(Sandbox, "__init__", lambda self: setattr(self, "clock", lambda: told[0]) or None)
        return told

    def theirs(self, **body: Any) -> Commitment:
        row = ours(collected_by="gateway", gateway="sandbox", gateway_id=f"sbx_sub_{make.serial()}")
        subscribe(row.gateway_id, anchor_at=NOW, **body)
        return cancel(agree(row))

    def at_gateway(self, of: Commitment) -> Any:
        return SandboxObject.objects.get(pk=of.subscription.gateway_id).body["cancel_at"]

    def test_it_is_set_read_back_and_ends(self, clock: list[datetime]) -> None:
        made = self.theirs()
        assert (made.state, made.call) == ("canceling", 1)
        assert Subscription.objects.get(pk=made.subscription_id).cancel_at is None
        set_at_gateway(commitment_id=made.pk, now=NOW)
        assert self.at_gateway(made) == YEAR.isoformat()
        row = Subscription.objects.get(pk=made.subscription_id)
        assert (again(made).state, row.cancel_at) == ("confirmed", YEAR)
        assert again(made).told_cancel_at == YEAR
        clock[0] = YEAR + timedelta(minutes=1)
        watch_commitments(now=clock[0])
        row.refresh_from_db()
        assert (again(made).state, row.state, row.ended_at) == ("ended", "canceled", YEAR)
        churn = MrrMovement.objects.get(customer=row.customer_id, kind="churn")
        assert (churn.day, churn.amount_minor) == (YEAR.date(), -9900)

    def test_no_answer_is_tried_again_under_the_same_key_and_done_once(self, clock: list[datetime]) -> None:
        made = self.theirs(trouble=["timeout", "unreachable"])
        for _ in range(2):
            with pytest.raises(Unreachable):
                set_at_gateway(commitment_id=made.pk, now=NOW)
            assert again(made).state == "canceling" and "did not answer" in again(made).found
        set_at_gateway(commitment_id=made.pk, now=NOW)
        set_at_gateway(commitment_id=made.pk, now=NOW)
        assert again(made).state == "confirmed"
        assert SandboxObject.objects.filter(kind="subscription_ask").count() == 1
        entries = HistoryEntry.objects.filter(subject_kind="commitment", kind="unreachable")
        assert entries.count() == 1, "the same trouble is told once"

    def test_an_end_that_stays_unset_for_an_hour_is_told(self, clock: list[datetime]) -> None:
        made = self.theirs()
        watch_commitments(now=NOW + timedelta(minutes=59))
        assert not Alert.objects.exists()
        watch_commitments(now=NOW + timedelta(minutes=61))
        assert "has not been told yet" in Alert.objects.get(closed_at=None).sentence
        set_at_gateway(commitment_id=made.pk, now=NOW + timedelta(minutes=62))
        assert not Alert.objects.filter(closed_at=None).exists()

    def test_a_gateway_that_forgets_is_noticed_and_told_again(self, clock: list[datetime]) -> None:
        made = self.theirs(forgets_at=(NOW + timedelta(days=5)).isoformat())
        set_at_gateway(commitment_id=made.pk, now=NOW)
        clock[0] = NOW + timedelta(days=6)
        watch_commitments(now=clock[0])
        assert again(made).state == "at_risk"
        assert "Sandbox has no end for it any more" in Alert.objects.get(closed_at=None).sentence
        body = SandboxObject.objects.get(pk=made.subscription.gateway_id)
        body.body |= {"forgets_at": None, "cancel_at": None}
        body.save()
        commitments.set_again(commitment_id=made.pk, reason="Lost", actor=JUDE, now=clock[0])
        assert (again(made).state, again(made).call) == ("canceling", 2)
        set_at_gateway(commitment_id=made.pk, now=clock[0])
        assert again(made).state == "confirmed" and self.at_gateway(made) == YEAR.isoformat()
        assert not Alert.objects.filter(closed_at=None).exists()

    def test_one_that_bills_beyond_its_term_is_told_until_somebody_ends_it(
        self, clock: list[datetime]
    ) -> None:
        made = self.theirs(forgets_at=(NOW + timedelta(days=5)).isoformat())
        set_at_gateway(commitment_id=made.pk, now=NOW)
        clock[0] = YEAR + timedelta(days=3)
        watch_commitments(now=clock[0])
        assert again(made).state == "at_risk" and "still runs the subscription" in again(made).found

    def test_what_the_gateway_ended_early_is_over(self, clock: list[datetime]) -> None:
        made = self.theirs()
        set_at_gateway(commitment_id=made.pk, now=NOW)
        body = SandboxObject.objects.get(pk=made.subscription.gateway_id)
        body.body["cancel_at"] = (NOW + timedelta(days=10)).isoformat()
        body.save()
        clock[0] = NOW + timedelta(days=11)
        watch_commitments(now=clock[0])
        assert again(made).state == "ended" and "before the term was over" in again(made).found

    def test_a_refusal_is_told(self, clock: list[datetime]) -> None:
        made = self.theirs()
        SandboxObject.objects.filter(kind="subscription").delete()
        set_at_gateway(commitment_id=made.pk, now=NOW)
        assert again(made).state == "at_risk" and "refused the end of the term" in again(made).found

    def test_keeping_the_customer_takes_the_end_off_there(self, clock: list[datetime]) -> None:
        made = self.theirs()
        set_at_gateway(commitment_id=made.pk, now=NOW)
        commitments.withdraw_cancel(commitment_id=made.pk, reason="Stays", actor=JUDE, now=NOW)
        set_at_gateway(commitment_id=made.pk, now=NOW)
        assert self.at_gateway(made) is None
        assert (again(made).state, again(made).call) == ("agreed", 2)

    def test_an_end_without_a_job_gets_one(self, clock: list[datetime]) -> None:
        made = self.theirs()
        assert resume_settings(now=NOW + timedelta(minutes=5)) == 0, "its job waits"
        ProcrastinateJob.objects.filter(task_name="commitments.set_at_gateway").update(status="failed")
        assert resume_settings(now=NOW + timedelta(minutes=1)) == 0, "it may be on its way"
        assert resume_settings(now=NOW + timedelta(minutes=5)) == 1
        set_at_gateway(commitment_id=made.pk, now=NOW)
        assert resume_settings(now=NOW + timedelta(minutes=5)) == 0

    def test_never_inside_a_transaction(self, clock: list[datetime]) -> None:
        made = self.theirs()
        with pytest.raises(RuntimeError, match="inside a transaction"), transaction.atomic():
            set_at_gateway(commitment_id=made.pk, now=NOW)

    @pytest.mark.race
    def test_two_who_agree_at_once_make_one(self) -> None:
        row = ours()
        with meeting("billing.subscriptions.commitments.agreeing.lock_running", 2):
            outcomes = at_once([lambda: agree(row)] * 2)
        assert len(went_through(outcomes)) == 1 and len(refused(outcomes)) == 1
        assert isinstance(refused(outcomes)[0], Conflict)

    @pytest.mark.race
    def test_a_cancellation_and_a_release_at_once_are_one_after_the_other(self) -> None:
        made = agree(ours())
        release = {"commitment_id": made.pk, "reason": "Bankrupt", "actor": JUDE, "now": NOW}
        at_once([lambda: cancel(made), lambda: commitments.release_commitment(**release)])
        assert again(made).state == "released"
