"""Types that tell of one fact count it once: in any order, and twice, the books are the same."""

from collections.abc import Callable, Sequence
from itertools import islice, permutations
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from billing.checks.run import verify
from billing.models import (
    CheckoutSession,
    Customer,
    Dispute,
    Invoice,
    MrrMovement,
    Payment,
    PaymentAllocation,
    PaymentMethod,
    PostingLine,
    Refund,
    Subscription,
    WebhookEvent,
)
from billing.webhooks.services import drain
from tests.billing.imports.stripe_account import DAY, START, Account
from tests.billing.webhooks.desk import SECRETS, deliver, stripe_event

pytestmark = pytest.mark.django_db(transaction=True)

type Told = tuple[str, dict[str, Any]]
LATER = START + 10 * DAY


@pytest.fixture
def account(settings: Any) -> Any:
    settings.STRIPE_WEBHOOK_SECRETS = SECRETS
    account = Account()
    account.catalog()
    with account.serving(settings):
        yield account


def somebody(account: Account, n: int) -> dict[str, dict[str, Any]]:
    """A customer with a subscription, and a paid invoice of it; a message names a charge's movement only."""
    account.customer(n)
    account.method(n)
    account.subscription(n)
    account.paid_invoice(n)
    charge = account.objects["charges"][f"ch_{n:04}"]
    return {
        "subscription": account.objects["subscriptions"][f"sub_{n:04}"],
        "invoice": account.objects["invoices"][f"in_{n:04}"],
        "intent": account.objects["payment_intents"][f"pi_{n:04}"],
        "charge": charge,
        "in_message": {**charge, "balance_transaction": f"txn_{n:04}"},
    }


def paid(account: Account, n: int) -> Sequence[Told]:
    of = somebody(account, n)
    return (
        ("payment_intent.succeeded", of["intent"]),
        ("charge.succeeded", of["charge"]),
        ("checkout.session.completed", account.session(n)),
    )


def renewed(account: Account, n: int) -> Sequence[Told]:
    of = somebody(account, n)
    return (
        ("invoice.payment_succeeded", of["invoice"]),
        ("invoice.paid", of["invoice"]),
        ("customer.subscription.updated", of["subscription"]),
        ("charge.succeeded", of["charge"]),
    )


def refunded(account: Account, n: int) -> Sequence[Told]:
    of = somebody(account, n)
    account.refund(n, 1000)
    refund = account.objects["refunds"][f"re_{n:04}"]
    of["charge"]["amount_refunded"] = 1000
    return (
        ("charge.refunded", of["charge"]),
        ("refund.created", refund),
        ("charge.refund.updated", refund),
    )


def disputed(account: Account, n: int) -> Sequence[Told]:
    somebody(account, n)
    dispute = account.dispute(n, 5831)
    warning = account.warning(n)
    account.warning(n, actionable=False)
    account.put("disputes", {**dispute, "status": "lost"})
    return (
        ("radar.early_fraud_warning.created", warning),
        ("radar.early_fraud_warning.updated", {**warning, "actionable": False}),
        ("charge.dispute.created", {**dispute, "status": "needs_response"}),
        ("charge.dispute.funds_withdrawn", {**dispute, "status": "needs_response"}),
        ("charge.dispute.closed", {**dispute, "status": "lost"}),
    )


def shuffled(count: int) -> list[tuple[int, ...]]:
    """Up to eight orders of so many messages, the natural one and its reverse among them."""
    every = list(permutations(range(count)))
    return [*islice(every, 0, None, max(1, len(every) // 7)), every[-1]]


def books(n: int) -> dict[str, Any]:
    """All that stands of this customer's, without our own references."""
    of = {"customer__gateway_id": f"cus_{n:04}"}
    lines = PostingLine.objects.filter(**of).values_list("account").annotate(Sum("amount_minor"))
    return {
        "ledger": {account: minor for account, minor in lines if minor},
        "payments": list(
            Payment.objects.filter(**of).values_list("state", "captured_minor", "fee_minor", "card_last4")
        ),
        "invoices": list(Invoice.objects.filter(**of).values_list("state", "total_minor")),
        "paid": PaymentAllocation.objects.filter(invoice__customer__gateway_id=of["customer__gateway_id"])
        .aggregate(minor=Sum("amount_minor"))["minor"],
        "refunds": list(Refund.objects.filter(**of).values_list("state", "amount_minor", "origin")),
        "disputes": list(
            Dispute.objects.filter(**of).values_list("state", "amount_minor", "withdrawn_minor")
        ),
        "sessions": list(CheckoutSession.objects.filter(**of).values_list("state", "payment_state")),
        "linked": CheckoutSession.objects.filter(payment__isnull=False, **of).count(),
        "subscriptions": list(Subscription.objects.filter(**of).values_list("state")),
        "mrr": MrrMovement.objects.filter(**of).aggregate(minor=Sum("amount_minor"))["minor"],
    }  # fmt: skip


def assert_books_hold() -> None:
    assert [(result.says, result.offenders) for result in verify() if not result.holds] == []


@pytest.mark.parametrize("same_second", [False, True], ids=["seconds apart", "the same second"])
@pytest.mark.parametrize("story", [paid, renewed, refunded, disputed])
def test_any_order_and_twice_ends_in_the_same_books(
    account: Account, story: Callable[[Account, int], Sequence[Told]], same_second: bool
) -> None:
    told: dict[tuple[int, ...], Any] = {}
    sent = []
    orders = shuffled(len(story(account, 9000)))
    for n, order in enumerate(orders, 1):
        messages = story(account, n)
        for number in order:
            kind, body = messages[number]
            at = LATER if same_second else LATER + 60 * number
            sent.append(stripe_event(kind, body, at=at, event_id=f"evt_{n}_{number}"))
            assert deliver(sent[-1]).status_code == 200
            drain()
        told[order] = books(n)
    assert {each.state for each in WebhookEvent.objects.all()} <= {"processed", "ignored"}
    first = told[orders[0]]
    for order in orders:
        assert told[order] == first, order
    assert first["ledger"]["gateway_clearing"]

    again = {**sent[0], "id": "evt_of_another_delivery"}
    for event in (*sent, again):
        assert deliver(event).status_code == 200
    drain()
    assert [books(n) for n in range(1, len(orders) + 1)] == [first] * len(orders)
    assert_books_hold()


def test_a_charge_of_a_message_brings_its_fee(account: Account) -> None:
    """Which names its movement only: that is asked for, once."""
    of = somebody(account, 1)
    account.objects["balance_transactions"] = {
        "txn_0001": {"id": "txn_0001", "object": "balance_transaction", "currency": "eur", "fee": 99}
    }
    for at in (0, 60):
        deliver(stripe_event("charge.updated", of["in_message"], at=LATER + at, event_id=f"evt_{at}"))
        drain()
    assert Payment.objects.get().fee_minor == 99
    fees = PostingLine.objects.filter(account="gateway_fees")
    assert list(fees.values_list("amount_minor", flat=True)) == [99]


def test_a_deleted_draft_is_gone_whatever_came_first(account: Account) -> None:
    account.customer(1)
    account.subscription(1)
    draft = account.paid_invoice(1, status="draft", number=None, amount_paid=0)
    deliver(stripe_event("invoice.created", draft, at=LATER))
    drain()
    assert Invoice.objects.get().state == "draft"
    del account.objects["invoices"]["in_0001"]
    deliver(stripe_event("invoice.deleted", draft, at=LATER + 60))
    deliver(stripe_event("invoice.updated", draft, at=LATER + 30))
    drain()
    assert Invoice.objects.count() == 0
    assert_books_hold()


def test_a_tax_number_is_read_with_its_customer(account: Account) -> None:
    account.customer(1, tax_ids={"data": [{"type": "eu_vat", "value": "DE123456789"}]})
    number = {"id": "txi_1", "object": "tax_id", "customer": "cus_0001", "value": "DE123456789"}
    deliver(stripe_event("customer.tax_id.created", number, at=LATER))
    drain()
    event = WebhookEvent.objects.get()
    assert (event.state, event.customer_gateway_id) == ("processed", "cus_0001")
    assert Customer.objects.get().identity.tax_id == "DE123456789"


def test_a_card_that_its_network_renewed_keeps_its_fingerprint(account: Account) -> None:
    # What is asked for is true of now, so each message is of later than that.
    now = int(timezone.now().timestamp())
    account.customer(1)
    account.method(1)
    method = account.objects["payment_methods"]["pm_0001"]
    deliver(stripe_event("payment_method.attached", method, at=now))
    drain()
    before = PaymentMethod.objects.get()
    account.objects["payment_methods"]["pm_0001"] = {**method, "card": {**method["card"], "exp_year": 2035}}
    deliver(stripe_event("payment_method.automatically_updated", method, at=now + 60))
    drain()
    row = PaymentMethod.objects.get()
    assert (row.exp_year, row.fingerprint_hash) == (2035, before.fingerprint_hash)
    deliver(stripe_event("payment_method.detached", {**method, "customer": None}, at=now + 3600))
    drain()
    row = PaymentMethod.objects.get()
    assert row.detached_at is not None
    assert (row.last4, row.fingerprint_hash) == ("4242", before.fingerprint_hash)
