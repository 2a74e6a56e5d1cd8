"""A refund above the limit: it waits, somebody else decides, and it is done once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.approvals import services
from billing.approvals.rules import DAY, LASTS
from billing.errors import Conflict, InvalidInput, NotAllowed
from billing.history.actors import person, system
from billing.history.models import HistoryEntry
from billing.ledger.models import Posting
from billing.models import Approval, LimitUse, Refund
from billing.refunds.queries import refundable_of
from billing.refunds.services import withdraw_refund
from tests.billing.refunds.desk import NOW, a_payment, assert_sound, balances, issue, states_of

pytestmark = pytest.mark.django_db

JUDE = person(12, "Jude Okafor", ["support"])
SAM = person(14, "Sam Brandt", ["support"])
INES = person(13, "Inês Marchetti", ["finance"])


def anyone(approval: Approval) -> None:
    """Whoever comes may decide; who may is the site's to say."""


def asked(minor: int = 90_000, actor=JUDE, **more) -> tuple[Refund, Approval]:
    refund = issue(a_payment(200_000), minor, actor=actor, **more)
    return refund, Approval.objects.get(target_kind="refund", target_id=refund.pk)


def approve(approval: Approval, actor=INES, now=NOW, check=anyone, **more) -> Approval:
    return services.approve(approval_id=approval.pk, reason="", actor=actor, now=now, check=check, **more)


def reject(approval: Approval) -> Approval:
    return services.reject(approval_id=approval.pk, reason="No", actor=INES, now=NOW, check=anyone)


def jobs() -> int:
    return ProcrastinateJob.objects.filter(task_name="refunds.submit").count()


def test_above_the_limit_it_waits_and_holds_its_amount():
    before = jobs()
    refund, approval = asked(note_internal="Charged twice")
    assert (refund.state, approval.state) == ("pending_approval", "requested")
    assert (approval.asked_by_ref, approval.reason) == ("staff:12", "Requested by customer: Charged twice")
    assert approval.rule == "support: 900.00 EUR is above 500.00 EUR at once"
    assert approval.expires_at == NOW + LASTS
    assert refundable_of(refund.payment).left.minor == 110_000
    assert jobs() == before
    assert not Posting.objects.filter(subject_kind="refund", subject_id=refund.pk).exists()
    assert_sound()


def test_a_yes_posts_it_and_sends_it_and_says_who():
    refund, approval = asked()
    before = jobs()
    done = approve(approval)
    refund.refresh_from_db()
    assert (done.state, refund.state) == ("executed", "approved")
    assert refund.allowed_by_rule == f"approved by Inês Marchetti ({approval.reference})"
    assert done.result == f"{refund.reference} of 900.00 EUR is on its way."
    assert states_of(refund) == ["draft", "pending_approval", "approved"]
    assert balances(refund)["refunds_in_transit"] == -90_000
    assert jobs() == before + 1
    entries = HistoryEntry.objects.filter(subject_kind="approval", subject_id=approval.pk).order_by("id")
    assert [(e.to_state, e.actor_name) for e in entries] == [
        ("requested", "Jude Okafor"),
        ("approved", "Inês Marchetti"),
        ("executed", "Inês Marchetti"),
    ]
    assert_sound()


def test_a_second_yes_does_nothing():
    _refund, approval = asked()
    approve(approval)
    before = jobs()
    with pytest.raises(Conflict, match="executed by now"):
        approve(approval, actor=SAM)
    assert jobs() == before


def test_who_asked_cannot_decide_by_the_service_nor_in_the_database():
    _refund, approval = asked()
    with pytest.raises(NotAllowed, match="somebody else"):
        approve(approval, actor=person(12, "Jude Okafor", ["finance"]))
    with pytest.raises(NotAllowed, match="somebody else"):
        services.reject(approval_id=approval.pk, reason="No", actor=JUDE, now=NOW, check=anyone)
    with pytest.raises(IntegrityError, match="nobody_decides_what_they_asked_for"), transaction.atomic():
        Approval.objects.filter(pk=approval.pk).update(
            state="approved", decided_by_ref="staff:12", decided_by_name="Jude Okafor", decided_at=NOW
        )
    approval.refresh_from_db()
    assert approval.state == "requested"


def test_who_may_no_longer_decide_is_refused_after_the_lock():
    refund, approval = asked()

    def no_longer(_approval: Approval) -> None:
        raise NotAllowed("role_lost", "Your role may no longer decide refunds.")

    with pytest.raises(NotAllowed, match="no longer"):
        approve(approval, check=no_longer)
    refund.refresh_from_db()
    assert refund.state == "pending_approval"


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (
            lambda a: services.reject(approval_id=a.pk, reason="No", actor=INES, now=NOW, check=anyone),
            "rejected",
        ),
        (lambda a: services.withdraw(approval_id=a.pk, reason="Not now", actor=JUDE, now=NOW), "withdrawn"),
        (lambda a: services.expire_due(actor=system("approvals"), now=NOW + LASTS), "expired"),
        (lambda a: services.void(approval_id=a.pk, reason="Edited", actor=JUDE, now=NOW), "withdrawn"),
    ],
)
def test_without_a_yes_the_amount_is_free_again(end, state):
    refund, approval = asked()
    end(approval)
    refund.refresh_from_db()
    assert refund.state == state
    assert refundable_of(refund.payment).left.minor == 200_000
    with pytest.raises(Conflict):
        approve(approval)
    assert_sound()


def test_only_who_asked_withdraws():
    refund, approval = asked()
    with pytest.raises(NotAllowed, match="Only who asked"):
        services.withdraw(approval_id=approval.pk, reason="Not mine", actor=SAM, now=NOW)
    withdrawn = withdraw_refund(refund_id=refund.pk, reason="Not now", actor=JUDE, now=NOW)
    approval.refresh_from_db()
    assert (withdrawn.state, approval.state) == ("withdrawn", "withdrawn")


def test_a_no_needs_a_reason():
    _refund, approval = asked()
    with pytest.raises(InvalidInput, match="Reason"):
        services.reject(approval_id=approval.pk, reason=" ", actor=INES, now=NOW, check=anyone)


def test_too_late_is_too_late_even_before_the_schedule_has_said_so():
    _refund, approval = asked()
    with pytest.raises(Conflict, match="out of time"):
        approve(approval, now=NOW + LASTS)


def test_what_was_edited_voids_the_request():
    refund, approval = asked()
    Refund.objects.filter(pk=refund.pk).update(note_internal="Something else altogether")
    with pytest.raises(Conflict, match="is void"):
        approve(approval)
    refund.refresh_from_db()
    approval.refresh_from_db()
    assert (refund.state, approval.state) == ("withdrawn", "voided")


def test_a_page_that_showed_another_request_voids_it():
    _refund, approval = asked()
    with pytest.raises(Conflict, match="is void"):
        approve(approval, seen_digest="0" * 64)


def test_what_is_asked_for_is_frozen_in_the_database():
    _refund, approval = asked()
    for change in (
        {"amount_minor": 1},
        {"reason": "Other"},
        {"asked_by_ref": "staff:99"},
        {"digest": "1" * 64},
    ):
        with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
            Approval.objects.filter(pk=approval.pk).update(**change)
    with pytest.raises(IntegrityError, match="stays on record"), transaction.atomic():
        approval.delete()


def test_small_ones_add_up_to_the_limit_of_a_customer_and_of_a_day():
    payment = a_payment(500_000)
    for _ in range(2):
        assert issue(payment, 50_000, actor=JUDE).state == "approved"
    third = issue(payment, 1, actor=SAM)
    assert third.state == "pending_approval", "one customer's 30 days are everybody's"
    others = [issue(a_payment(50_000), 50_000, actor=JUDE).state for _ in range(3)]
    assert others == ["approved"] * 3
    assert issue(a_payment(1_000), 1, actor=JUDE).state == "pending_approval"
    assert issue(a_payment(1_000), 1, actor=JUDE, now=NOW + DAY).state == "approved"
    assert issue(payment, 1, actor=SAM, now=NOW + timedelta(days=30)).state == "approved"


def test_what_came_to_nothing_is_given_back_to_the_limit():
    payment = a_payment(500_000)
    refund = issue(payment, 50_000, actor=JUDE)
    withdraw_refund(refund_id=refund.pk, reason="Not now", actor=JUDE, now=NOW)
    assert sum(LimitUse.objects.filter(actor_ref="staff:12").values_list("amount_minor", flat=True)) == 0
    for _ in range(2):
        assert issue(payment, 50_000, actor=JUDE).state == "approved"


def test_an_approved_one_uses_nobody_s_limit():
    refund, approval = asked()
    approve(approval)
    assert not LimitUse.objects.filter(subject_id=refund.pk, subject_kind="refund").exists()


@pytest.mark.parametrize(("currency", "limit"), [("JPY", 75_000), ("KWD", 500_000), ("EUR", 50_000)])
def test_currencies_with_other_decimals(currency, limit):
    payment = a_payment(10 * limit, currency=currency)
    assert issue(payment, limit, actor=JUDE).state == "approved"
    assert issue(a_payment(10 * limit, currency=currency), limit + 1, actor=SAM).state == "pending_approval"


def test_a_limit_that_changes_while_a_request_waits_changes_nothing_of_it():
    _refund, approval = asked()
    tove = person(3, "Tove Ahlgren", ["admin"])
    services.set_limit(
        role="support", action="refund", scope="one", currency="EUR", limit_minor=None,
        reason="Christmas", actor=tove, now=NOW,
    )  # fmt: skip
    approval.refresh_from_db()
    assert approval.state == "requested"
    assert issue(a_payment(200_000), 200_000, actor=JUDE).state == "approved"
    dollars = issue(a_payment(2_000, currency="USD"), 100, actor=JUDE)
    assert dollars.state == "pending_approval", "where a role has limits, another currency needs its own"


def test_a_role_without_limits_and_the_system_are_not_asked():
    assert issue(a_payment(10**8), 10**8, actor=person(9, "Tove", ["admin"])).state == "approved"
    assert issue(a_payment(10**8), 10**8, actor=system("billing")).state == "approved"


def test_reasons_are_not_in_the_audit_trail():
    asked(note_internal="Her phone number is in the ticket")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(e)::text FROM billing_approvalevent e")
        rows = [row for (row,) in cursor.fetchall()]
    assert rows
    assert not any("phone" in row for row in rows)
