"""The process dies anywhere between a payment and its answer: one charge, nothing lost, the state told."""

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import connection

from billing.models import Invoice, Payment, PaymentAttempt
from billing.payments.charging import collect_invoice
from billing.payments.collecting import sweep
from billing.payments.unknown import look_up_due
from tests.billing.payments.tills import (
    JUDE,
    NOW,
    assert_sound,
    at_the_sandbox,
    balances,
    charge,
    due,
    later,
    states_of,
    taken,
)
from tests.crashes.deadly import KILLED

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]


class Killed(BaseException):
    """The power fails here."""


def killed_while_charging(invoice: Invoice, gateway: str) -> Payment:
    """A process of its own that dies at the gateway."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crashes.charge", gateway, str(invoice.pk)],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_NAME": str(connection.settings_dict["NAME"]),
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == KILLED, done.stderr
    return Payment.objects.get(invoice=invoice)


@pytest.mark.parametrize(
    ("gateway", "came_by_then"),
    [("DiesBeforeCharge", 0), ("DiesAfterCharge", 9_900)],
    ids=["before the call", "after the call"],
)
def test_killed_at_the_call_the_customer_is_charged_once(gateway, came_by_then):
    invoice = due()
    payment = killed_while_charging(invoice, gateway)
    assert (payment.state, payment.is_live, taken(invoice)) == ("pending", True, came_by_then)
    assert payment.idempotency_key, "the key was there before the call"
    assert sweep(now=later(1)).charged == 0, "nobody charges it again meanwhile"

    for minutes in (3, 11, 12):
        look_up_due(now=later(minutes))
    sweep(now=later(13))
    invoice.refresh_from_db()
    assert (invoice.state, taken(invoice)) == ("paid", 9_900)
    assert Payment.objects.filter(is_live=True).count() == 0
    assert_sound()


LINES = [
    "billing.payments.promising.new_reference",
    "billing.payments.promising.entry",
]


@pytest.mark.parametrize("line", LINES)
def test_killed_before_the_payment_is_committed_there_is_nothing(line):
    invoice = due()
    with patch(line, side_effect=Killed), pytest.raises(Killed):
        charge(invoice)
    assert (Payment.objects.count(), PaymentAttempt.objects.count()) == (0, 0)
    assert at_the_sandbox() == []
    invoice.refresh_from_db()
    assert invoice.collect_at == NOW, "it is still due"
    assert charge(invoice).state == "succeeded"
    assert_sound()


ANSWERS = [
    "billing.payments.services.adopt",
    "billing.payments.services._keep",
    "billing.payments.services._keep_attempts",
    "billing.payments.own.apply_to_ours",
    "billing.payments.own.follow",
    "billing.payments.services.settle_locked",
]


@pytest.mark.parametrize("line", ANSWERS)
def test_killed_while_the_answer_is_recorded_nothing_of_it_stays(line):
    invoice = due()
    with patch(line, side_effect=Killed), pytest.raises(Killed):
        collect_invoice(invoice_id=invoice.pk, actor=JUDE, now=NOW)
    payment = Payment.objects.get()
    assert (payment.state, payment.gateway_id, payment.is_live) == ("pending", "", True)
    assert balances() == {"receivable": 9_900, "deferred_revenue": -9_900}

    assert look_up_due(now=later(2)) == 1
    invoice.refresh_from_db()
    assert (invoice.state, taken(invoice)) == ("paid", 9_900)
    assert states_of(Payment.objects.get()) == ["pending", "unknown", "succeeded"]
    assert_sound()
