"""An import: everything once, in any version's shape, again without a trace, and on after a kill."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone

from billing.customers.identity import keyed_hash
from billing.errors import Conflict
from billing.history.actors import system
from billing.ids import form_key
from billing.imports.running import LOCK
from billing.imports.services import (
    cancel_import,
    resume_import,
    resume_interrupted,
    run_import,
    start_import,
)
from billing.jobs.models import Run
from billing.models import (
    CreditNote,
    Customer,
    Dispute,
    HistoryEntry,
    Invoice,
    MrrMovement,
    Payment,
    PaymentAllocation,
    PaymentMethod,
    Posting,
    PostingLine,
    Price,
    Refund,
    Subscription,
)
from tests.billing.imports.stripe_account import KEY, START, Account
from tests.books import what_is_broken
from tests.gateways.server import Answer

pytestmark = pytest.mark.django_db(transaction=True)
CLERK = system("test")


def start(**more: Any) -> Run:
    return start_import(actor=CLERK, form_key=form_key(), now=timezone.now(), enqueue=False, **more)


def imported() -> Run:
    run = run_import(run_id=start().pk, sleep=lambda _: None)
    assert run.state == "done", run.message
    return run


def balances() -> dict[str, int]:
    totals: dict[str, int] = {}
    for account, minor in PostingLine.objects.values_list("account", "amount_minor"):
        totals[account] = totals.get(account, 0) + minor
    return {account: minor for account, minor in totals.items() if minor}


def traces() -> dict[str, tuple[int, int]]:
    """Of each table but the runs': how many rows, and the newest transaction that wrote one."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'billing_%'")
        for (table,) in cursor.fetchall():
            if table not in ("billing_run", "billing_runrow"):
                cursor.execute(f"SELECT count(*), coalesce(max(xmin::text::bigint), 0) FROM {table}")
                found[table] = cursor.fetchone()
    return found


@pytest.mark.parametrize("version", ["old", "new"])
def test_an_account_in_the_shapes_of_a_version(version: str, settings: Any) -> None:
    with Account(version).whole(14).serving(settings):
        run = imported()
        assert (run.failed, list(run.rows.all())) == (0, [])
        assert what_is_broken() == {}
        before = traces()
        imported()
        assert traces() == before
        assert what_is_broken() == {}

    assert Customer.objects.count() == 14
    assert PaymentMethod.objects.filter(is_default=True, kind="card", last4="4242").count() == 14
    assert Price.objects.get().unit_amount_minor == 4900
    sub = Subscription.objects.get(gateway_id="sub_0003")
    assert sub.current_period_end is not None
    assert sub.items.get().price.tier.name == "Halden Pro"
    invoice = Invoice.objects.get(gateway_id="in_0003")
    assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (4900, 931, 5831)
    assert (invoice.number, invoice.foreign_number) == (None, "HALDEN-0003")
    assert invoice.subscription == sub
    assert invoice.lines.get().price == Price.objects.get()
    payment = Payment.objects.get(gateway_id="pi_0003")
    assert (payment.state, payment.captured_minor, payment.fee_minor) == ("succeeded", 5831, 99)
    assert payment.method == PaymentMethod.objects.get(gateway_id="pm_0003")
    assert payment.attempts.get().gateway_id == "ch_0003"
    assert payment.allocations.get().invoice == invoice
    assert Refund.objects.count() == 3
    assert set(Dispute.objects.values_list("withdrawn_minor", flat=True)) == {5831}
    assert CreditNote.objects.get(gateway_id="cn_0003").on_paid_minor == 1190

    assert sum(MrrMovement.objects.values_list("amount_minor", flat=True)) == 14 * 4900
    assert {m.day.isoformat() for m in MrrMovement.objects.all()} == {"2026-01-01"}
    disputes, notes = 2, 2
    assert balances() == {
        "gateway_clearing": 14 * (5831 - 99) - 3 * 1000 - disputes * (5831 + 1500),
        "gateway_fees": 14 * 99 + disputes * 1500,
        "deferred_revenue": -14 * 4900 + notes * 1000,
        "tax_payable": -14 * 931 + notes * 190,
        "customer_balance": -notes * 1190,
        "refunds_granted": 3 * 1000,
        "disputed": disputes * 5831,
    }


@pytest.mark.parametrize("version", ["old", "new"])
def test_what_changed_at_the_gateway_is_changed_here(version: str, settings: Any) -> None:
    account = Account(version).whole(3)
    with account.serving(settings):
        imported()
        assert what_is_broken() == {}
        imported()
        account.customer(1, name="Mira Lindqvist", brand_new_field=7)
        account.subscription(2, status="canceled", ended_at=START + 40 * 86_400)
        account.subscription(3, quantity=4)
        account.dispute(
            2,
            5831,
            status="won",
            balance_transactions=[
                {"id": "txn_dp_0002", "amount": -5831, "fee": 1500, "currency": "eur"},
                {"id": "txn_dp_0002b", "amount": 5831, "fee": 0, "currency": "eur"},
            ],
        )
        account.credit_note(3, 1000, status="void", voided_at=START + 50 * 86_400)
        run = imported()

    assert run.failed == 0
    assert what_is_broken() == {}
    customer = Customer.objects.get(gateway_id="cus_0001")
    assert customer.identity.name == "Mira Lindqvist"
    entry = HistoryEntry.objects.filter(customer=customer, kind="identity").latest("id")
    expected = keyed_hash(bytes(customer.identity_key.key), "name", "Mira Lindqvist")
    assert entry.facts == {"hashes": {"name": expected}}
    churn = MrrMovement.objects.get(kind="churn")
    assert (churn.amount_minor, churn.at.timestamp()) == (-4900, START + 40 * 86_400)
    assert MrrMovement.objects.get(kind="expansion").amount_minor == 3 * 4900
    moved = HistoryEntry.objects.get(subject_kind="subscription", kind="state", to_state="canceled")
    assert (moved.from_state, moved.actor_kind) == ("active", "gateway")
    assert Dispute.objects.get().withdrawn_minor == 0
    assert balances().get("disputed", 0) == 0
    assert balances().get("customer_balance", 0) == 0


def test_nothing_personal_stands_outside_the_identities(settings: Any) -> None:
    with Account().whole(2).serving(settings):
        imported()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'billing_%'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            said = cursor.fetchone()[0] or ""
            assert "4242424242424242" not in said, table
            assert "_secret_never" not in said, table
            assert "Fp1" not in said, table
            if table not in ("billing_identity", "billing_invoice"):  # An invoice keeps its bill-to.
                assert "Jude Okafor" not in said, table
                assert "payer1@" not in said, table


def test_one_object_that_fails_stops_no_other(settings: Any) -> None:
    account = Account().whole(4)
    account.paid_invoice(2, status="of_next_year")
    account.objects["subscriptions"]["sub_0003"]["status"] = "of_next_year"
    account.objects["charges"]["ch_0001"].update(amount=0, amount_captured=0)
    with account.serving(settings):
        run = run_import(run_id=start().pk)
    assert run.state == "done"
    told = {row.label: row.message for row in run.rows.all()}
    assert told["in_0002"] == "in_0002 is of_next_year, which the desk does not know."
    assert told["sub_0003"] == "sub_0003 is of_next_year, which the desk does not know."
    assert told["ch_0001"] == "pi_0001 is a payment of nothing."
    assert "names the subscription sub_0003" in told["in_0003"]
    assert "names the invoice in_0003" in told["cn_0003"]
    assert set(told) == {"in_0002", "sub_0003", "ch_0001", "in_0003", "cn_0003"}
    assert run.failed == 5
    assert set(Invoice.objects.values_list("gateway_id", flat=True)) == {"in_0001", "in_0004"}


def test_what_is_named_before_it_is_listed_is_fetched(settings: Any) -> None:
    account = Account().whole(2)
    with account.serving(settings):
        listed = account.objects["subscriptions"].pop("sub_0002")
        whole = account.answer

        def sub_2_alone(asked: Any) -> Answer:
            if asked.path.startswith("/v1/subscriptions/sub_0002"):
                account.objects["subscriptions"]["sub_0002"] = listed
            return whole(asked)

        account.answer = sub_2_alone  # type: ignore[method-assign]
        with account.serving(settings):
            run = imported()
    assert run.failed == 0
    assert Invoice.objects.get(gateway_id="in_0002").subscription.gateway_id == "sub_0002"


def test_without_the_gateway_it_waits_then_says_so_and_goes_on_later(settings: Any) -> None:
    account = Account().whole(5)
    account.refuse["payment_intents"] = Answer(
        429,
        b'{"error": {"message": "Too many requests", "type": "invalid_request_error"}}',
        {"Retry-After": "3"},
    )
    waited: list[float] = []
    with account.serving(settings):
        run = run_import(run_id=start().pk, sleep=waited.append)
        assert run.state == "failed"
        assert "slow down" in run.message
        assert "resume it" in run.message
        assert waited == [3, 3, 4, 8, 16, 30]
        assert (Customer.objects.count(), Payment.objects.count()) == (5, 0)
        account.refuse.clear()
        asked = len(account.objects)
        resume_import(run_id=run.pk, actor=CLERK, now=timezone.now(), enqueue=False)
        run = run_import(run_id=run.pk)
    assert run.state == "done"
    assert run.result["customers"]["seen"] == 5
    assert asked and Payment.objects.count() == 5


def test_two_at_once_are_refused(settings: Any) -> None:
    first = start()
    with pytest.raises(Conflict) as refusal:
        start()
    assert refusal.value.code == "import_running"
    from threading import Thread

    refused: list[str] = []

    def second() -> None:
        try:
            run_import(run_id=first.pk)
        except Conflict as conflict:
            refused.append(conflict.code)
        finally:
            connection.close()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    thread = Thread(target=second)
    thread.start()
    thread.join()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    assert refused == ["import_running"]


def test_the_same_form_starts_one(settings: Any) -> None:
    key = form_key()
    runs = {start_import(actor=CLERK, form_key=key, now=timezone.now(), enqueue=False).pk for _ in range(3)}
    assert len(runs) == 1


def test_a_canceled_one_stops_and_another_may_start(settings: Any) -> None:
    run = start()
    cancel_import(run_id=run.pk, actor=CLERK, now=timezone.now())
    with Account().whole(1).serving(settings):
        assert run_import(run_id=run.pk).state == "canceled"
        assert Customer.objects.count() == 0
        imported()


def test_one_whose_process_died_gets_another_job(settings: Any) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    run = start()
    assert resume_interrupted(now=timezone.now()) == 0
    later = timezone.now() + timezone.timedelta(minutes=10)
    assert resume_interrupted(now=later) == 1
    assert ProcrastinateJob.objects.filter(task_name="imports.run", args={"run_id": run.pk}).exists()


def test_a_page_takes_the_same_number_of_statements_however_many_objects(settings: Any) -> None:
    from django.test.utils import CaptureQueriesContext

    counts = []
    for customers in (5, 60):
        Run.objects.all().delete()
        with Account().whole(customers).serving(settings), CaptureQueriesContext(connection) as said:
            imported()
        refunds_and_disputes = customers // 5 + customers // 7 + 3
        counts.append(len(said) - 40 * refunds_and_disputes)
    assert counts[1] - counts[0] < 40, counts


PROGRAM = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
import django
django.setup()
from django.db import connection
connection.settings_dict["OPTIONS"].pop("pool", None)
from billing.imports.services import run_import
run_import(run_id=int(sys.argv[1]))
"""


def killed_after(run: Run, seconds: float, url: str) -> int:
    """Carries the run out in a process of its own and kills it; gives its return code."""
    environment = {
        **os.environ,
        "DATABASE_NAME": str(connection.settings_dict["NAME"]),
        "STRIPE_API_BASE": url,
        "STRIPE_API_KEY": KEY,
        "LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(run.pk)],
        env=environment,
        cwd=configured.BASE_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _, said = process.communicate(timeout=seconds)
        assert process.returncode == 0, said.decode()[-2000:]
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return process.returncode


def books() -> dict[str, Any]:
    """What an import has written, without our own keys, references and times."""
    postings = Posting.objects.order_by("id").values_list("fact", "effective_on")
    return {
        "counts": {
            model.__name__: model.objects.count()
            for model in (Customer, PaymentMethod, Subscription, Invoice, Payment, PaymentAllocation, Refund)
        },
        "balances": balances(),
        "postings": sorted(postings),
        "history": sorted(HistoryEntry.objects.values_list("subject_kind", "kind", "to_state")),
        "mrr": sorted(MrrMovement.objects.values_list("at", "kind", "amount_minor")),
        "allocations": sorted(
            PaymentAllocation.objects.values_list(
                "payment__gateway_id", "invoice__gateway_id", "amount_minor"
            )
        ),
    }


def test_killed_again_and_again_it_ends_as_if_it_never_had_been(
    settings: Any, transactional_db: None
) -> None:
    account = Account().whole(150)
    slow = account.answer

    def answer(asked: Any) -> Answer:
        time.sleep(0.04)
        return slow(asked)

    account.answer = answer  # type: ignore[method-assign]
    with account.serving(settings) as server:
        run = start()
        kills = 0
        seconds = 1.2
        for _ in range(40):
            if killed_after(run, seconds, server.url) == 0:
                break
            kills += 1
            seconds *= 1.2  # a loaded machine needs seconds to start at all
            wait_until_free()
        run.refresh_from_db()
        assert run.state == "done"
        assert kills >= 2
        interrupted = books()
        assert run.result["customers"]["seen"] == 150
        before = traces()
        imported()
        assert traces() == before
    assert interrupted["counts"]["Payment"] == 150
    assert interrupted["balances"]["deferred_revenue"] == -150 * 4900 + 25 * 1000
    assert len(interrupted["allocations"]) == 150
    assert len({(kind, at) for at, kind, _ in interrupted["mrr"]}) == 150


def wait_until_free() -> None:
    """The server notices that the killed process is gone as soon as it writes to it."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.05)


def test_what_was_paid_out_and_warned_of_is_imported(settings: Any) -> None:
    with Account().whole(3).beside(1).serving(settings):
        assert imported().failed == 0
        assert what_is_broken() == {}
        before = traces()
        imported()
        assert traces() == before
    assert balances()["bank"] == 97_260
    warned = Dispute.objects.get(warning_gateway_id="issfr_0001")
    assert (warned.state, warned.payment.gateway_id) == ("warning", "pi_0001")
