"""What is asked for and cannot be leaves a line that somebody can find."""

import pytest
from structlog.testing import capture_logs

from billing.catalog.queries import tier_by_slug
from billing.history.actors import person
from billing.ids import form_key
from billing.models import Refund
from billing.money import Money
from billing.refunds.services import issue_refund
from tests import make

pytestmark = pytest.mark.django_db


def test_an_unknown_tier_leaves_a_line() -> None:
    with capture_logs() as lines:
        assert tier_by_slug("platinum") is None
    (line,) = [line for line in lines if line["event"] == "catalog.unknown_tier"]
    assert (line["slug"], line["odd"]) == ("platinum", True)


def test_a_form_sent_again_leaves_a_line_and_one_refund() -> None:
    payment = make.payment(amount_minor=9900)
    key = form_key()
    with capture_logs() as lines:
        for _ in range(2):
            issue_refund(
                payment_id=payment.pk,
                amount=Money(100, "EUR"),
                reason="duplicate",
                note_internal="",
                note_to_customer="",
                actor=person(1, "Jude Okafor"),
                form_key=key,
                now=make.NOW,
            )
    assert Refund.objects.count() == 1
    assert [line["refund"] for line in lines if line["event"] == "refunds.form_sent_again"] == [
        Refund.objects.get().reference
    ]
