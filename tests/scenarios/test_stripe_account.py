"""An account at a Stripe server comes into the books whole, once, and later only by what changed."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from billing.history.actors import system
from billing.ids import form_key
from billing.imports.services import run_import, start_import
from billing.jobs.models import Run, RunRow
from billing.models import (
    Customer,
    Invoice,
    InvoiceLine,
    MrrMovement,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
    PaymentMethod,
    PostingLine,
    Refund,
    Subscription,
    Tier,
)
from tests.books import what_is_broken
from tests.gateways.localstripe import LocalStripe, fill, localstripe, localstripe_process  # noqa: F401

pytestmark = [pytest.mark.scenario, pytest.mark.django_db(transaction=True)]

#: What an import may write even when nothing changed.
OF_RUNS = ("billing_run", "billing_runrow")


def imported() -> Run:
    run = start_import(actor=system("test"), form_key=form_key(), now=timezone.now(), enqueue=False)
    return run_import(run_id=run.pk)


def fingerprint() -> dict[str, tuple[Any, ...]]:
    """Of each table of the domain and its audit trail: how many rows, and the newest writer of one."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'billing_%'")
        for (table,) in cursor.fetchall():
            if table not in OF_RUNS:
                cursor.execute(f"SELECT count(*), max(xmin::text::bigint) FROM {table}")
                found[table] = cursor.fetchone()
    return found


def listed(server: LocalStripe, path: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        after = {"starting_after": found[-1]["id"]} if found else {}
        page = server.client.raw_request("get", path, limit=100, **params, **after).data
        found += page["data"]
        if not page["has_more"]:
            return found


def test_the_whole_account_comes_in_once(localstripe: LocalStripe) -> None:  # noqa: F811
    account = fill(localstripe)
    localstripe.client.v1.refunds.create({"payment_intent": account.payment_intents[0], "amount": 300})
    run = imported()

    assert run.state == "done", run.message
    assert not RunRow.objects.filter(ok=False).exists()
    assert Customer.objects.count() == 50
    assert Tier.objects.get().name == "Halden Pro"
    assert PaymentMethod.objects.filter(is_default=True, brand="visa", last4="4242").count() == 50
    assert Subscription.objects.count() == len(account.subscriptions) == 40

    theirs = listed(localstripe, "/v1/invoices")
    assert Invoice.objects.count() == len(theirs)
    assert sum(Invoice.objects.values_list("total_minor", flat=True)) == sum(i["total"] for i in theirs)
    assert InvoiceLine.objects.count() == sum(len(i["lines"]["data"]) for i in theirs)

    intents = listed(localstripe, "/v1/payment_intents")
    taken = sum(i["amount"] for i in intents if i["status"] == "succeeded")
    assert Payment.objects.count() == len(intents)
    assert sum(Payment.objects.values_list("captured_minor", flat=True)) == taken > 0
    assert PaymentAttempt.objects.count() == len(listed(localstripe, "/v1/charges"))
    assert Payment.objects.filter(state="succeeded", card_last4="4242").count() == len(intents)
    paid = [i for i in theirs if i["status"] == "paid" and i["total"]]
    assert PaymentAllocation.objects.count() == len(paid)
    assert Refund.objects.get().amount_minor == 300
    assert Refund.objects.get().origin == "gateway"

    balances = ledger()
    assert balances["receivable"] == sum(i["total"] for i in theirs) - sum(i["total"] for i in paid)
    assert balances["gateway_clearing"] == taken - 300
    assert sum(balances.values()) == 0
    assert movements_agree_with_mrr()
    assert what_is_broken() == {}


def test_again_changes_nothing_and_later_only_what_changed(localstripe: LocalStripe) -> None:  # noqa: F811
    account = fill(localstripe, customers=12)
    imported()
    before = fingerprint()
    assert imported().state == "done"
    assert fingerprint() == before
    assert what_is_broken() == {}

    localstripe.client.v1.customers.update(account.customers[0], {"name": "Jude Okafor-Lind"})
    localstripe.client.v1.subscriptions.cancel(account.subscriptions[0])
    localstripe.client.v1.refunds.create({"payment_intent": account.payment_intents[1]})
    imported()

    assert Customer.objects.get(gateway_id=account.customers[0]).identity.name == "Jude Okafor-Lind"
    canceled = Subscription.objects.get(gateway_id=account.subscriptions[0])
    assert canceled.state == "canceled"
    assert MrrMovement.objects.filter(customer=canceled.customer, kind="churn").count() == 1
    assert Refund.objects.get().payment.gateway_id == account.payment_intents[1]
    assert movements_agree_with_mrr()
    assert what_is_broken() == {}
    changed = {name for name, now in fingerprint().items() if now != before[name]}
    assert "billing_invoice" not in changed
    assert "billing_payment" not in changed


def test_the_command_tells_what_it_did(localstripe: LocalStripe, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    fill(localstripe, customers=3, lone_payments=1)
    call_command("import_stripe")
    said = capsys.readouterr().out
    assert "customers: 3 read, 3 written, 0 failed" in said
    assert "disputes: not offered by this server" in said


def ledger() -> dict[str, int]:
    totals: dict[str, int] = {}
    for account, minor in PostingLine.objects.values_list("account", "amount_minor"):
        totals[account] = totals.get(account, 0) + minor
    return totals


def movements_agree_with_mrr() -> bool:
    from billing.subscriptions.queries import moved, worths

    ids = list(Customer.objects.values_list("pk", flat=True))
    worth: dict[tuple[int, str], int] = {}
    for each in worths(ids):
        if each.subscription.state in ("active", "past_due"):
            place = (each.subscription.customer_id, each.subscription.currency)
            worth[place] = worth.get(place, 0) + each.mrr_minor
    sums = {place: total for place, (total, _, _) in moved(ids).items()}
    return {k: v for k, v in sums.items() if v} == {k: v for k, v in worth.items() if v}
