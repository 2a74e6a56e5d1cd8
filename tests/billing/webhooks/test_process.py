"""Doing what events say: once, in any order, and again when it failed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.models import (
    Customer,
    Dispute,
    HistoryEntry,
    Invoice,
    MrrMovement,
    Payment,
    PaymentAllocation,
    Posting,
    PostingLine,
    Refund,
    Subscription,
    WebhookEvent,
)
from billing.webhooks.claims import claim
from billing.webhooks.services import drain
from tests import make
from tests.billing.imports.stripe_account import DAY, START, Account
from tests.billing.webhooks.desk import (
    SANDBOX_SECRET,
    SECRETS,
    deliver,
    deliver_sandbox,
    stripe_event,
)
from tests.billing.webhooks.storm import RECEIVED, Tale, put
from tests.gateways.server import Answer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = SECRETS
    settings.SANDBOX_WEBHOOK_SECRET = SANDBOX_SECRET


@pytest.fixture
def account(settings: Any) -> Any:
    account = Account().whole(3)
    with account.serving(settings):
        yield account


def tell(kind: str, body: dict[str, Any], *, at: int = START + 10 * 86_400) -> WebhookEvent:
    """Delivers an event and has a worker process it."""
    assert deliver(stripe_event(kind, body, at=at)).status_code == 200
    event = WebhookEvent.objects.latest("pk")
    drain()
    event.refresh_from_db()
    return event


def clearing() -> int:
    lines = PostingLine.objects.filter(account="gateway_clearing")
    return sum(lines.values_list("amount_minor", flat=True))


def test_a_refund_of_a_payment_that_nobody_told_of_brings_the_payment_with_it(account: Account) -> None:
    event = tell("refund.created", account.objects["refunds"]["re_0001"])
    assert (event.state, event.error) == ("processed", "")
    refund = Refund.objects.get()
    assert (refund.origin, refund.state, refund.amount_minor) == ("gateway", "succeeded", 1000)
    assert refund.payment.gateway_id == "pi_0001"
    assert refund.payment.customer.gateway_id == "cus_0001"
    assert clearing() == 5831 - 1000


def test_a_charge_brings_the_refunds_that_are_no_longer_inside_it(account: Account) -> None:
    charge = {**account.objects["charges"]["ch_0001"], "amount_refunded": 1000}
    assert tell("charge.refunded", charge).state == "processed"
    assert Refund.objects.get().gateway_id == "re_0001"
    assert Payment.objects.get().card_last4 == "4242"


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 4, 1, 3), (3, 4, 0, 2, 1)])
def test_events_in_any_order_end_in_the_same_books(account: Account, order: tuple[int, ...]) -> None:
    told = [
        ("customer.created", account.objects["customers"]["cus_0001"]),
        ("customer.subscription.created", account.objects["subscriptions"]["sub_0001"]),
        ("payment_intent.succeeded", account.objects["payment_intents"]["pi_0001"]),
        ("charge.succeeded", account.objects["charges"]["ch_0001"]),
        ("invoice.paid", account.objects["invoices"]["in_0001"]),
    ]
    for number in order:
        event = tell(*told[number])
        # What was fetched meanwhile, because another event named it, is newer than its own event.
        assert event.state in ("processed", "ignored"), event.error
    assert Customer.objects.get().identity.email == "payer1@halden.example"
    payment = Payment.objects.get()
    assert (payment.state, payment.fee_minor, payment.attempts.count()) == ("succeeded", 99, 1)
    assert PaymentAllocation.objects.get().amount_minor == 5831
    assert Invoice.objects.get().state == "paid"
    totals: dict[str, int] = {}
    for name, minor in PostingLine.objects.values_list("account", "amount_minor"):
        totals[name] = totals.get(name, 0) + minor
    assert {name: minor for name, minor in totals.items() if minor} == {
        "gateway_clearing": 5831 - 99,
        "gateway_fees": 99,
        "deferred_revenue": -4900,
        "tax_payable": -931,
    }
    assert sum(MrrMovement.objects.values_list("amount_minor", flat=True)) == 4900


def test_an_older_event_changes_nothing(account: Account) -> None:
    body = account.objects["subscriptions"]["sub_0001"]
    tell("customer.subscription.updated", {**body, "status": "past_due"}, at=START + 1000)
    late = tell("customer.subscription.updated", body, at=START + 500)
    assert (late.state, late.error) == ("ignored", "Something newer is known of this object.")
    assert Subscription.objects.get().state == "past_due"


def test_two_of_the_same_second_ask_the_gateway(account: Account) -> None:
    body = account.objects["subscriptions"]["sub_0001"]
    tell("customer.subscription.updated", {**body, "status": "past_due"}, at=START + 1000)
    account.objects["subscriptions"]["sub_0001"] = {**body, "status": "unpaid"}
    other = stripe_event("customer.subscription.updated", body, at=START + 1000, event_id="evt_other")
    deliver(other)
    drain()
    assert Subscription.objects.get().state == "unpaid"


def test_one_that_a_later_message_left_no_mark_on_is_asked_about(account: Account) -> None:
    """Active, then paused, then active again; the last message comes before the one about the pause."""
    body = account.objects["subscriptions"]["sub_0001"]
    tell("customer.subscription.created", body, at=START + 100)
    tell("customer.subscription.updated", body, at=START + 300)
    tell("customer.subscription.updated", {**body, "pause_collection": {"behavior": "void"}}, at=START + 200)
    assert Subscription.objects.get().state == "active"


def test_a_failure_is_tried_again_when_its_time_comes_and_then_given_up(account: Account) -> None:
    account.refuse["customers"] = Answer(500, b'{"error": {"message": "broken", "type": "api_error"}}')
    event = tell("customer.updated", account.objects["customers"]["cus_0001"])
    assert event.state == "failed"
    assert "nobody knows" in event.error
    now = event.processed_at
    for wait in (5, 15, 60, 120, 360):
        assert drain(now=now + timedelta(minutes=wait, seconds=-1)) == 0
        now += timedelta(minutes=wait)
        assert drain(now=now) == 1
    event.refresh_from_db()
    assert (event.state, event.attempts) == ("dead", 6)
    assert Customer.objects.count() == 0


def test_a_failure_leaves_nothing_half_done_and_is_mended_by_the_next_try(account: Account) -> None:
    account.objects["payment_intents"].pop("pi_0001")
    event = tell("refund.created", account.objects["refunds"]["re_0001"])
    assert event.state == "failed"
    assert "pi_0001" in event.error
    assert Refund.objects.count() == 0
    account.intent(1, 5831)
    assert drain(now=event.processed_at + timedelta(minutes=5)) == 1
    event.refresh_from_db()
    assert (event.state, Refund.objects.count()) == ("processed", 1)


def test_a_lease_lapses(account: Account) -> None:
    deliver(stripe_event("customer.created", account.objects["customers"]["cus_0001"], at=START))
    event = WebhookEvent.objects.get()
    now = timezone.now()
    assert len(claim(now=now)) == 1
    assert drain(now=now + timedelta(minutes=1)) == 0
    assert drain(now=now + timedelta(minutes=6)) == 1
    event.refresh_from_db()
    assert (event.state, event.attempts) == ("processed", 2)


def test_done_twice_it_does_nothing_twice(account: Account) -> None:
    event = tell("refund.created", account.objects["refunds"]["re_0001"])
    assert drain() == 0
    assert event.state == "processed"
    assert Refund.objects.count() == 1


def test_what_nobody_here_needs_is_ignored(account: Account) -> None:
    event = tell("account.updated", {"id": "acct_1", "object": "account", "email": "boss@halden.example"})
    assert event.state == "ignored"
    assert event.content["object"] == {"id": "acct_1", "object": "account"}


def test_a_customer_who_was_deleted_is_marked(account: Account) -> None:
    tell("customer.created", account.objects["customers"]["cus_0001"], at=START)
    body = account.objects["customers"].pop("cus_0001")
    assert tell("customer.deleted", body, at=int(timezone.now().timestamp()) + 60).state == "processed"
    customer = Customer.objects.get()
    assert customer.deleted_at_gateway_at is not None
    assert customer.identity.name == "Jude Okafor 1"


def test_a_dispute_posts_what_it_moved(account: Account) -> None:
    assert tell("charge.dispute.created", account.objects["disputes"]["dp_0002"]).state == "processed"
    assert Dispute.objects.get().payment.gateway_id == "pi_0002"
    assert Dispute.objects.get().withdrawn_minor == 5831


def test_the_sandbox_speaks_through_the_same_inbox() -> None:
    payment = make.payment(gateway="sandbox", gateway_id="sbx_pay_1", state="succeeded", captured_minor=4900)
    at = datetime(2026, 11, 18, 13, 40, tzinfo=UTC)
    body = {
        "id": "sbx_re_1",
        "object": "refund",
        "payment": "sbx_pay_1",
        "amount_minor": 500,
        "currency": payment.currency,
        "state": "succeeded",
        "reason": "duplicate",
        "reference": "",
        "failure_code": "",
        "message": "",
        "created_at": at.isoformat(),
        "as_of": at.isoformat(),
    }
    event = {
        "id": "sbx_evt_1",
        "type": "refund.created",
        "created": int(at.timestamp()),
        "data": {"object": body},
    }
    assert deliver_sandbox(event).status_code == 200
    assert drain() == 1
    assert WebhookEvent.objects.get().state == "processed"
    assert Refund.objects.get().amount_minor == 500


def test_one_that_fails_holds_up_nobody_and_later_ones_of_its_object_go_on(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in a handler is a failure of its event alone; the later message of its object is then judged by
    its own time."""
    from billing.webhooks.telling import stripe as teller

    good = account.objects["payment_intents"]["pi_0002"]
    bad = account.objects["payment_intents"]["pi_0001"]
    put([Tale("payment_intent.succeeded", START + n, body) for n, body in enumerate((bad, good, bad))])
    real, tries = teller.take, []

    def sometimes(kind: str, bodies: Any, **more: Any) -> Any:
        if bodies[0]["id"] == "pi_0001":
            tries.append(kind)
            if len(tries) == 1:
                raise AttributeError("a bug")
        return real(kind, bodies, **more)

    monkeypatch.setattr(teller, "take", sometimes)
    assert drain(now=RECEIVED) == 3
    states = WebhookEvent.objects.order_by("happened_at").values_list("state", flat=True)
    assert list(states) == ["failed", "processed", "processed"]
    poison = WebhookEvent.objects.get(state="failed")
    assert poison.error == "This event could not be recorded (AttributeError)."
    assert poison.due_at == RECEIVED + timedelta(minutes=5)
    drain(now=poison.due_at)
    assert Payment.objects.count() == 2
    assert clearing() == 2 * 5831


def test_an_intent_and_its_charge_are_one_payment_posted_once(account: Account) -> None:
    intent, charge = account.objects["payment_intents"]["pi_0001"], account.objects["charges"]["ch_0001"]
    invoice, link = account.objects["invoices"]["in_0001"], account.objects["invoice_payments"]["inpay_0001"]
    at = START + DAY
    put(
        [
            Tale("payment_intent.succeeded", at, intent),
            Tale("charge.succeeded", at, charge),
            Tale("charge.updated", at + 1, charge),
            Tale("invoice.paid", at, invoice),
            Tale("invoice.payment_succeeded", at, invoice),
            Tale("invoice_payment.paid", at, link),
            Tale("customer.subscription.updated", at, account.objects["subscriptions"]["sub_0001"]),
        ]
    )
    drain(now=RECEIVED)
    assert not WebhookEvent.objects.exclude(state__in=("processed", "ignored")).exists()
    causes = list(Posting.objects.values_list("fact", flat=True))
    assert causes.count("payment.succeeded") == causes.count("invoice.finalised") == 1
    assert causes.count("gateway.fee") <= 1
    assert (Payment.objects.count(), PaymentAllocation.objects.count()) == (1, 1)
    assert sum(MrrMovement.objects.values_list("amount_minor", flat=True)) == 4900


def test_events_of_one_batch_are_done_by_their_own_time(account: Account) -> None:
    body = account.objects["subscriptions"]["sub_0001"]
    put(
        [
            Tale("customer.subscription.updated", START + 3, {**body, "status": "unpaid"}),
            Tale("customer.subscription.updated", START + 2, {**body, "status": "past_due"}),
            Tale("customer.subscription.created", START + 1, body),
        ]
    )
    drain(now=RECEIVED)
    assert Subscription.objects.get().state == "unpaid"
    told = HistoryEntry.objects.filter(subject_kind="subscription", to_state__gt="").order_by("id")
    assert list(told.values_list("to_state", flat=True)) == ["active", "past_due", "unpaid"]
