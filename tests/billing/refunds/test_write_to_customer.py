"""A refund's letter: queued with the promise, after the second person's yes, and never for one that came to
nothing before it left."""

import pytest

from billing.approvals import services as approvals
from billing.errors import Refused
from billing.history.actors import person
from billing.ids import form_key
from billing.messages.models import Message
from billing.models import Approval
from billing.refunds import telling
from billing.refunds.services import withdraw_refund
from tests.billing.messages.desk import jobs_of, somebody
from tests.billing.refunds.desk import NOW, a_payment, issue

pytestmark = pytest.mark.django_db
JUDE = person(12, "Jude Okafor", ["support"])
INES = person(13, "Inês Marchetti", ["finance"])


def promised(minor: int = 6_000, *, write: bool = True, paid: int = 200_000, **more):
    payment = a_payment(paid, customer=somebody(locale="de-DE"))
    return issue(payment, minor, actor=JUDE, write_to_customer=write, **more)


def letter_of(refund) -> Message | None:
    return Message.objects.filter(subject_kind="refund", subject_id=refund.pk).first()


def test_it_is_queued_with_the_promise_in_their_language() -> None:
    refund = promised(note_to_customer="Danke für Ihre Geduld.\nIhr Team")
    letter = letter_of(refund)
    assert letter is not None and (letter.state, letter.language) == ("queued", "de")
    assert letter.subject_label == refund.reference and refund.reference in letter.text.body
    assert "Danke für Ihre Geduld.\nIhr Team" in letter.text.body
    assert jobs_of(letter) == 1


def test_nothing_is_written_unless_somebody_says_so() -> None:
    assert letter_of(promised(write=False)) is None


def test_one_form_sent_twice_writes_once() -> None:
    key = form_key()
    payment = a_payment(20_000, customer=somebody())
    for _ in range(2):
        issue(payment, 6_000, actor=JUDE, form_key=key, write_to_customer=True)
    assert Message.objects.count() == 1


def test_a_refused_refund_writes_to_nobody() -> None:
    with pytest.raises(Refused):
        promised(300_000)
    assert not Message.objects.exists()


def decided(verb: str, **more) -> Message:
    refund = promised(90_000)
    letter = letter_of(refund)
    assert (refund.state, letter.state, jobs_of(letter)) == ("pending_approval", "waiting", 0)
    approval = Approval.objects.get(target_id=refund.pk, target_kind="refund")
    getattr(approvals, verb)(approval_id=approval.pk, now=NOW, **more)
    letter.refresh_from_db()
    return letter


def test_after_the_yes_it_is_queued() -> None:
    letter = decided("approve", reason="", actor=INES, check=lambda approval: None)
    assert (letter.state, jobs_of(letter)) == ("queued", 1)


def test_after_a_no_it_stays_here() -> None:
    letter = decided("reject", reason="No", actor=INES, check=lambda approval: None)
    assert (letter.state, letter.why_not, jobs_of(letter)) == ("canceled", "The refund was rejected.", 0)


def test_after_a_withdrawal_it_stays_here() -> None:
    letter = decided("withdraw", reason="Not now", actor=JUDE)
    assert (letter.state, letter.why_not) == ("canceled", "The refund was withdrawn.")
    refund = promised()
    withdraw_refund(refund_id=refund.pk, reason="Wrong customer", actor=JUDE, now=NOW)
    letter = letter_of(refund)
    assert (letter.state, letter.why_not) == ("canceled", "The refund was withdrawn.")


@pytest.mark.parametrize(
    ("state", "kind"),
    [("succeeded", "refund_succeeded"), ("failed", "refund_failed"), ("pending", "refund_promised")],
)
def test_what_fits_the_state_can_be_written_later_and_once(state: str, kind: str) -> None:
    refund = promised(write=False)
    refund.state, refund.succeeded_at = state, NOW
    first = telling.write_about(refund, actor=JUDE, now=NOW)
    again = telling.write_about(refund, actor=JUDE, now=NOW)
    assert first is not None and again is not None
    assert (first.kind, first.pk) == (kind, again.pk)


def test_a_draft_is_not_written_about() -> None:
    refund = promised(write=False)
    refund.state = "withdrawn"
    assert telling.write_about(refund, actor=JUDE, now=NOW) is None
