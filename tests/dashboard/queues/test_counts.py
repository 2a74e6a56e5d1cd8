"""What the sidebar says of each queue."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.history.actors import person
from dashboard.queues import counts
from dashboard.queues.services import snooze
from tests import make

pytestmark = pytest.mark.django_db


def test_a_refund_counts_once_and_not_while_it_sleeps() -> None:
    now = datetime.now(UTC)
    payment = make.payment(amount_minor=9_900)
    asleep = make.refund(payment, state="failed", amount_minor=100, created_at=now)
    make.refund(payment, state="requires_action", origin="gateway", amount_minor=100, created_at=now)
    make.refund(payment, state="succeeded", amount_minor=100, created_at=now)
    assert counts.refunds(None) == 2
    actor = person(1, "Jude Okafor")
    snooze(subject=asleep, label="x", url="/", until=now + timedelta(days=1), actor=actor, now=now)
    assert counts.refunds(None) == 1


def test_empty_queues_count_nothing() -> None:
    assert (counts.refunds(None), counts.disputes(None), counts.webhooks(None)) == (0, 0, 0)
