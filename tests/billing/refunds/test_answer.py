"""What the gateway says is recorded once, in whatever order, and what nobody expected is kept."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from billing.errors import Conflict, InvalidInput, Missing
from billing.gateways.facts import RefundFact
from billing.history.actors import gateway, system
from billing.models import Refund
from billing.refunds.models import RefundOrigin
from billing.refunds.queries import NEEDS, needing_a_person, queue_counts, refundable_of
from billing.refunds.services import mark_seen, record_answer, record_gateway_refund, withdraw_refund
from billing.refunds.submit import _claim
from tests.billing.refunds.desk import (
    INES,
    JUDE,
    NOW,
    a_payment,
    assert_sound,
    balances,
    entries_of,
    issue,
    states_of,
)

pytestmark = pytest.mark.django_db

SANDBOX = gateway("sandbox")
GONE = {"customer_balance": 6_000, "gateway_clearing": -6_000}
ON_ITS_WAY = {"customer_balance": 6_000, "refunds_in_transit": -6_000}


@pytest.fixture
def refund():
    """Sent, and not answered yet."""
    return _claim(issue(a_payment()).pk, NOW)


def fact(refund: Refund, state: str, *, after: int = 0, **changed: object) -> RefundFact:
    told = RefundFact(
        gateway="sandbox",
        gateway_id=f"sbx_re_{refund.pk}",
        payment_gateway_id=refund.payment.gateway_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        state=state,
        created_at=NOW,
        as_of=NOW + timedelta(seconds=after),
        reference=refund.reference,
        message="The account is closed." if state == "failed" else "",
        failure_code="declined" if state == "failed" else "",
    )
    return replace(told, **changed)


def hear(said: RefundFact, **more: object) -> Refund:
    return record_answer(fact=said, actor=SANDBOX, now=NOW, **more)


def test_pending_then_succeeded_then_failed(refund):
    hear(fact(refund, "pending", after=1))
    assert balances(refund) == ON_ITS_WAY
    hear(fact(refund, "succeeded", after=2))
    assert balances(refund) == GONE
    assert refundable_of(refund.payment).left.minor == 4_000

    failed = hear(fact(refund, "failed", after=3))

    assert states_of(refund)[2:] == ["submitting", "pending", "succeeded", "failed"]
    assert balances(refund) == {}
    assert refundable_of(refund.payment).left.minor == 10_000
    assert (failed.failure_code, failed.gateway_message) == ("declined", "The account is closed.")
    assert failed.succeeded_at == NOW + timedelta(seconds=2)
    assert failed.failed_at == NOW + timedelta(seconds=3)
    assert_sound()


@pytest.mark.parametrize("state", ["pending", "requires_action", "succeeded", "failed", "canceled"])
def test_the_same_answer_twice_changes_nothing(refund, state):
    hear(fact(refund, state))
    before = (states_of(refund), balances(), Refund.objects.values().get())

    hear(fact(refund, state))
    hear(fact(refund, state), refund_id=refund.pk)

    assert (states_of(refund), balances(), Refund.objects.values().get()) == before
    assert entries_of(refund, "surprise") == []


def written() -> dict[str, tuple[int, int]]:
    """Of each table: how many rows, and how often one was written; an audit row counts as well."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'billing_%'")
        tables = [table for (table,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f"SELECT count(*), coalesce(max(cmin::text::bigint), 0) FROM {table}")
            found[table] = cursor.fetchone()
    return found


@pytest.mark.parametrize("state", ["pending", "requires_action", "succeeded", "failed", "canceled"])
def test_the_same_said_later_writes_nothing_at_all(refund, state):
    hear(fact(refund, state, after=1))
    before = written()

    hear(fact(refund, state, after=9))
    hear(fact(refund, state, after=99), refund_id=refund.pk)

    assert written() == before
    hear(fact(refund, state, after=100, message="The bank said more."))
    assert written() != before
    assert Refund.objects.get().gateway_message == "The bank said more."


@pytest.mark.parametrize("older", ["pending", "requires_action", "succeeded"])
def test_an_older_report_never_overwrites_a_newer_one(refund, older):
    hear(fact(refund, "succeeded", after=5))
    hear(fact(refund, older, after=1))
    assert states_of(refund)[-1] == "succeeded"
    assert Refund.objects.get().gateway_as_of == NOW + timedelta(seconds=5)


def test_an_older_report_does_not_undo_a_newer_one_that_it_could_follow(refund):
    hear(fact(refund, "pending", after=5))
    hear(fact(refund, "requires_action", after=1))
    hear(fact(refund, "succeeded", after=4))
    assert states_of(refund)[-2:] == ["submitting", "pending"]
    assert balances(refund) == ON_ITS_WAY


def test_the_webhook_before_the_job_s_own_answer(refund):
    hear(fact(refund, "succeeded", after=1))
    hear(fact(refund, "pending"), refund_id=refund.pk)
    assert states_of(refund)[-2:] == ["submitting", "succeeded"]
    assert_sound()


def test_two_reports_of_one_second_end_with_the_further_one(refund):
    hear(fact(refund, "succeeded"))
    hear(fact(refund, "pending"))
    assert Refund.objects.get().state == "succeeded"


def test_a_customer_who_must_act_and_does(refund):
    hear(fact(refund, "requires_action", after=1))
    hear(fact(refund, "pending", after=2))
    hear(fact(refund, "succeeded", after=3))
    assert balances(refund) == GONE
    assert_sound()


@pytest.mark.parametrize("by", [SANDBOX, system("import")])
def test_it_is_the_gateway_that_is_named(refund, by):
    record_gateway_refund(fact=fact(refund, "canceled"), actor=by, now=NOW)
    assert entries_of(refund, "state")[-1].actor_ref == "gateway:sandbox"
    assert balances(refund) == {}


def test_made_at_the_gateway_it_enters_through_the_same_states_and_waits_to_be_seen():
    payment = a_payment()
    said = fact(Refund(payment=payment, pk=1, amount_minor=6_000, currency="EUR"), "succeeded", reference="")

    refund = hear(replace(said, reason="fraudulent"))

    assert (refund.origin, refund.reason, refund.state) == (RefundOrigin.GATEWAY, "fraudulent", "succeeded")
    assert states_of(refund) == ["draft", "approved", "submitting", "succeeded"]
    assert (refund.asked_by_ref, refund.allowed_by_rule) == ("gateway:sandbox", "made at the gateway")
    assert balances(refund) == GONE
    assert list(needing_a_person(NOW, "external")) == [refund]
    assert refundable_of(payment).left.minor == 4_000

    mark_seen(refund_id=refund.pk, actor=JUDE, now=NOW)
    seen = mark_seen(refund_id=refund.pk, actor=INES, now=NOW)

    assert (seen.seen_by_name, seen.seen_at) == ("Jude Okafor", NOW)
    assert len(entries_of(refund, "seen")) == 1
    assert not needing_a_person(NOW).exists()
    assert_sound()


def test_one_that_failed_at_the_gateway_before_we_heard_of_it_takes_nothing():
    payment = a_payment()
    said = fact(Refund(payment=payment, pk=1, amount_minor=6_000, currency="EUR"), "failed", reference="")
    refund = hear(said)
    assert (refund.state, balances(refund)) == ("failed", {})
    assert refundable_of(payment).left.minor == 10_000
    assert entries_of(refund, "surprise") == []


def test_more_than_refundable_is_recorded_all_the_same_and_kept_as_a_surprise():
    payment = a_payment(10_000)
    issue(payment, 6_000)
    said = fact(Refund(payment=payment, pk=1, amount_minor=6_000, currency="EUR"), "succeeded", reference="")

    refund = hear(said)

    surprise = entries_of(refund, "surprise")[0]
    assert (surprise.facts["surprise"], surprise.facts["left_minor"]) == ("more_than_refundable", 4_000)
    assert refund.state == "succeeded"
    assert refundable_of(payment).left.minor == 0


def test_of_a_payment_that_nobody_knows():
    said = fact(
        Refund(payment=a_payment(), pk=1, amount_minor=6_000, currency="EUR"), "succeeded", reference=""
    )
    with pytest.raises(Missing) as refusal:
        hear(replace(said, payment_gateway_id="sbx_pay_unknown"))
    assert refusal.value.retry_helps


def test_our_reference_on_somebody_else_s_payment_is_not_believed(refund):
    other = a_payment()
    entered = hear(fact(refund, "succeeded", payment_gateway_id=other.gateway_id))
    assert (entered.origin, entered.payment) == ("gateway", other)
    refund.refresh_from_db()
    assert refund.state == "submitting"


def test_a_second_refund_under_our_reference_is_money_of_its_own(refund):
    hear(fact(refund, "succeeded"))
    second = hear(fact(refund, "succeeded", gateway_id="sbx_re_twin", after=1))
    assert (second.origin, second.amount_minor) == ("gateway", 6_000)
    assert entries_of(refund, "surprise")[0].facts["surprise"] == "another_refund"
    assert len(needing_a_person(NOW, "external")) == 1


def test_one_given_up_that_went_through_after_all_is_money_of_its_own(refund):
    hear(fact(refund, "failed", gateway_id="", failure_code="never_arrived"), refund_id=refund.pk)
    late = hear(fact(refund, "succeeded", after=60))
    assert (late.origin, late.state) == ("gateway", "succeeded")
    assert Refund.objects.count() == 2
    hear(fact(refund, "succeeded", after=60))
    assert Refund.objects.count() == 2
    assert_sound()


@pytest.mark.parametrize("ended", ["failed", "canceled"])
def test_what_no_state_foresees_is_kept_once_and_changes_nothing(refund, ended):
    hear(fact(refund, ended, after=1))
    for _ in range(2):
        hear(fact(refund, "succeeded", after=2))
    assert states_of(refund)[-1] == ended
    assert [entry.facts["surprise"] for entry in entries_of(refund, "surprise")] == ["unforeseen_state"]
    assert_sound()


def test_another_amount_than_we_asked_for_is_kept_as_a_surprise(refund):
    hear(fact(refund, "succeeded", amount_minor=5_999))
    assert entries_of(refund, "surprise")[0].amount_minor == 5_999
    assert Refund.objects.get().amount_minor == 6_000


def test_withdrawn_before_it_was_sent():
    payment = a_payment()
    refund = issue(payment)

    withdraw_refund(refund_id=refund.pk, reason="Wrong customer", actor=JUDE, now=NOW)

    assert states_of(refund) == ["draft", "approved", "withdrawn"]
    assert balances(refund) == {}
    assert refundable_of(payment).left.minor == 10_000
    assert _claim(refund.pk, NOW).state == "withdrawn", "its job finds nothing to send"
    assert_sound()


def test_no_longer_withdrawn_once_on_its_way(refund):
    with pytest.raises(Conflict, match="can no longer be withdrawn"):
        withdraw_refund(refund_id=refund.pk, reason="Wrong customer", actor=JUDE, now=NOW)
    with pytest.raises(InvalidInput):
        withdraw_refund(refund_id=refund.pk, reason=" ", actor=JUDE, now=NOW)


def test_what_needs_a_person(refund):
    later = NOW + timedelta(hours=1)
    assert list(needing_a_person(later, "stuck")) == [refund]
    hear(fact(refund, "requires_action", after=1))
    assert list(needing_a_person(later, "customer")) == [refund]
    hear(fact(refund, "failed", after=2))
    assert list(needing_a_person(later, "failed")) == [refund]
    counts = queue_counts(later)
    assert counts.needs == {key: int(key == "failed") for key, _, _ in NEEDS}
    assert counts.needing_a_person == 1
    mark_seen(refund_id=refund.pk, actor=JUDE, now=later)
    assert not needing_a_person(later).exists()
    with pytest.raises(ValueError, match="no need"):
        needing_a_person(later, "nothing")
