"""Charges under many hands: an invoice is charged once, and all processes know one pace and one breaker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection

from billing.gateways import pacing
from billing.gateways.pace_rules import FIRST_SHUT
from billing.history.actors import gateway
from billing.models import GatewayPace, Payment
from billing.payments.collecting import sweep
from billing.payments.services import record_payment
from dashboard.database import as_owner
from tests.billing.payments.tills import NOW, assert_sound, at_the_sandbox, charge, due, states_of, taken
from tests.races.harness import at_once, meeting, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
ONE_LIVE = "invoice_has_one_live_payment"
OWED = "billing.payments.promising.owed_on"


def charged_by(hands: int = 6) -> list[Any]:
    invoice = due()
    with meeting(OWED, hands):
        outcomes = at_once([partial(charge, invoice) for _ in range(hands)])
    return outcomes


@contextmanager
def without_invoice_lock() -> Iterator[None]:
    """The naive twin: the invoice is read, not locked."""
    from django.db.models import QuerySet

    def plain(rows: Any, *args: Any, **kwargs: Any) -> Any:
        return rows.all()

    with patch.object(QuerySet, "select_for_update", plain):
        yield


@contextmanager
def without_index() -> Iterator[None]:
    """The database's own safeguard taken out by the owner, and put back."""
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute(f"DROP INDEX {ONE_LIVE}")
    try:
        yield
    finally:
        with as_owner() as owner, owner.cursor() as cursor:
            cursor.execute("UPDATE billing_payment SET is_live = false")
            cursor.execute(f"CREATE UNIQUE INDEX {ONE_LIVE} ON billing_payment (invoice_id) WHERE is_live")


def test_of_six_who_charge_one_invoice_at_once_one_does():
    outcomes = charged_by()
    assert len(went_through(outcomes)) == 1
    assert {each.code for each in refused(outcomes)} <= {"already_charging", "invoice_not_open"}
    assert (Payment.objects.count(), taken()) == (1, 9_900)
    assert_sound()


def test_the_index_alone_holds():
    with without_invoice_lock():
        outcomes = charged_by(4)
    assert {type(each) for each in refused(outcomes)} <= {IntegrityError}
    assert taken() == 9_900
    assert_sound()


def test_without_lock_and_index_the_customer_pays_twice():
    with without_index(), without_invoice_lock():
        charged_by(4)
        assert taken() > 9_900


def test_two_sweeps_never_charge_the_same_invoice():
    invoices = [due() for _ in range(6)]
    with meeting("billing.payments.collecting._due", 2):
        outcomes = at_once([partial(sweep, now=NOW) for _ in range(2)])
    assert refused(outcomes) == []
    assert taken() == 6 * 9_900
    assert all(len(at_the_sandbox(each)) == 1 for each in invoices)
    assert_sound()


def test_answer_and_messages_at_once_record_it_once():
    from billing.gateways.sandbox import Sandbox
    from billing.payments.charging import call, record_answer
    from billing.payments.promising import promise
    from tests.billing.payments.tills import JUDE

    invoice = due()
    order = promise([invoice.pk], actor=JUDE, now=NOW).orders[0]
    answer = call(order)
    fact = Sandbox().find_charge(order.key)
    assert fact is not None
    message = partial(record_payment, fact, actor=gateway("sandbox"), now=NOW)
    outcomes = at_once(
        [partial(record_answer, order=order, answer=answer, now=NOW), message, message, message]
    )

    assert refused(outcomes) == []
    payment = Payment.objects.get()
    assert states_of(payment) == ["pending", "succeeded"]
    assert_sound()


def in_another_process(does: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.races.another_process", does, "sandbox"],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_NAME": str(connection.settings_dict["NAME"]),
            "DJANGO_SETTINGS_MODULE": "dashboard.settings",
            "LOG_LEVEL": "ERROR",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_a_gateway_that_one_process_found_dead_is_left_alone_by_the_others():
    assert in_another_process("fails") == "failed"

    with pytest.raises(pacing.Shut, match="left alone until 09:30"):
        pacing.admit("sandbox", now=NOW)
    invoice = due()
    assert sweep(now=NOW).shut == {"sandbox"}
    assert at_the_sandbox() == []
    invoice.refresh_from_db()
    assert invoice.collect_at == NOW, "it stays due"
    assert in_another_process("asks") == "shut"

    assert sweep(now=NOW + FIRST_SHUT).charged == 1, "one tries, and it is open again for all"
    assert not GatewayPace.objects.filter(shut_until__isnull=False).exists()


def test_two_processes_share_one_bucket():
    mine = sum(pacing.may_call("sandbox", a_second=50, wanted=1, clock=lambda: NOW).calls for _ in range(30))
    assert mine == 30
    assert in_another_process("takes") == "20", "what is left of this second's fifty"
    assert pacing.may_call("sandbox", a_second=50, wanted=1, clock=lambda: NOW).calls == 0


@pytest.mark.parametrize("shared", [True, False], ids=["locked", "read without a lock"])
def test_the_bucket_never_gives_more_than_it_holds(shared):
    GatewayPace.objects.create(gateway="sandbox")
    take = partial(pacing.may_call, "sandbox", a_second=10, wanted=4, clock=lambda: NOW)
    with nullcontext() if shared else without_invoice_lock(), meeting("billing.gateways.pacing.grant", 5):
        given = sum(each.calls for each in at_once([take] * 5))
    assert given == 10 if shared else given > 10
