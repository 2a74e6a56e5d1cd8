"""A gateway's whole story of some customers as events, put into the inbox in any order, and its books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from random import Random
from typing import Any

from django.db import transaction
from django.db.models import Sum

from billing.models import (
    CreditNote,
    Customer,
    Dispute,
    Invoice,
    MrrMovement,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
    Posting,
    PostingLine,
    Refund,
    Subscription,
    WebhookEvent,
)
from billing.webhooks.sources.protocol import Incoming
from billing.webhooks.storing import Row, row_of, store
from tests.billing.imports.stripe_account import DAY, START, Account, Body

RECEIVED = datetime(2026, 3, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tale:
    type: str
    at: int
    body: Body


def story(account: Account, customers: int) -> list[Tale]:
    """What Stripe tells of `Account.whole`, in the order in which it happened; the account is at its end."""
    objects = account.objects
    tales = [
        Tale("product.created", START, objects["products"]["prod_pro"]),
        Tale("price.created", START, objects["prices"]["price_pro_month"]),
    ]
    for n in range(1, customers + 1):
        tales += _of_customer(objects, n)
    return sorted(tales, key=lambda tale: tale.at)


def _of_customer(objects: dict[str, dict[str, Body]], n: int) -> list[Tale]:
    at = START + n
    subscription = objects["subscriptions"][f"sub_{n:04}"]
    intent = objects["payment_intents"][f"pi_{n:04}"]
    charge = objects["charges"][f"ch_{n:04}"]
    method = objects["payment_methods"][f"pm_{n:04}"]
    begun = {**intent, "status": "requires_payment_method", "amount_received": 0, "latest_charge": None}
    tales = [
        Tale("customer.created", at, objects["customers"][f"cus_{n:04}"]),
        Tale("payment_method.attached", at + 1, {**method, "card": {"last4": "4242"}}),
        Tale("customer.subscription.created", at + 2, subscription),
        Tale("account.updated", at + 3, {"id": f"acct_{n}", "object": "account"}),
        Tale("payment_intent.created", at + 90, begun),
        Tale("charge.succeeded", at + 100, charge),
        Tale("payment_intent.succeeded", at + 100, intent),
        Tale("invoice.paid", at + 120, objects["invoices"][f"in_{n:04}"]),
        Tale("invoice_payment.paid", at + 120, objects["invoice_payments"][f"inpay_{n:04}"]),
        Tale("customer.subscription.updated", at + DAY, {**subscription, "status": "past_due"}),
        Tale("customer.subscription.updated", at + 2 * DAY, subscription),
    ]
    if refund := objects["refunds"].get(f"re_{n:04}"):
        tales += [
            Tale("refund.created", at + DAY, {**refund, "status": "pending"}),
            Tale("refund.updated", at + DAY + 60, refund),
            Tale("charge.refunded", at + DAY + 60, {**charge, "amount_refunded": refund["amount"]}),
        ]
    if dispute := objects["disputes"].get(f"dp_{n:04}"):
        tales += [Tale("charge.dispute.created", at + 2 * DAY, dispute)]
    if note := objects["credit_notes"].get(f"cn_{n:04}"):
        tales += [Tale("credit_note.created", at + 3 * DAY, note)]
    return tales


def row(tale: Tale, number: int) -> Row:
    told = Incoming(
        source="stripe",
        endpoint="",
        event_id=f"evt_{number:06}",
        type=tale.type,
        happened_at=datetime.fromtimestamp(tale.at, UTC),
        digest=sha256(str(number).encode()).hexdigest(),
        object_kind=str(tale.body["object"]),
        object_id=str(tale.body["id"]),
        customer_gateway_id=str(tale.body.get("customer") or ""),
        content={"object": tale.body, "dropped": {}},
    )
    return row_of(told, now=RECEIVED)


def put(tales: Sequence[Tale], *, shuffled: int | None = None, twice: float = 0) -> int:
    """Stores them as the door does; ``shuffled`` seeds the order, ``twice`` is the share that comes again.
    Gives how many came."""
    rows = [row(tale, number) for number, tale in enumerate(tales)]
    if shuffled is not None:
        chance = Random(shuffled)
        rows += [each for each in rows if chance.random() < twice]
        chance.shuffle(rows)
    for start in range(0, len(rows), 100):
        with transaction.atomic():
            for each in rows[start : start + 100]:
                store(each)
    return len(rows)


def books() -> dict[str, Any]:
    """Everything that must not depend on the order in which it was told."""
    totals = PostingLine.objects.values_list("account", "currency").annotate(Sum("amount_minor"))
    payments = Payment.objects.values_list(
        "gateway_id",
        "customer__gateway_id",
        "state",
        "amount_minor",
        "captured_minor",
        "fee_minor",
        "card_last4",
    )
    return {
        "customers": sorted(Customer.objects.values_list("gateway_id", flat=True)),
        "payments": sorted(payments),
        "tries": sorted(PaymentAttempt.objects.values_list("gateway_id", "state")),
        "invoices": sorted(Invoice.objects.values_list("gateway_id", "state", "total_minor")),
        "paid": sorted(
            PaymentAllocation.objects.values_list(
                "payment__gateway_id", "invoice__gateway_id", "amount_minor"
            )
        ),
        "refunds": sorted(Refund.objects.values_list("gateway_id", "state", "amount_minor")),
        "disputes": sorted(Dispute.objects.values_list("gateway_id", "state", "withdrawn_minor")),
        "notes": sorted(CreditNote.objects.values_list("gateway_id", "total_minor")),
        "subscriptions": sorted(Subscription.objects.values_list("gateway_id", "state")),
        "mrr": sorted(MrrMovement.objects.values_list("customer__gateway_id").annotate(Sum("amount_minor"))),
        "totals": sorted(_held(totals)),
        "facts": sorted(_counts(Posting)),
    }


def _held(totals: Any) -> list[tuple[str, str, int]]:
    return [each for each in totals if each[2]]


def _counts(model: Any) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for fact in model.objects.values_list("fact", flat=True):
        found[fact] = found.get(fact, 0) + 1
    found.pop("refund.regranted", None)  # mends what came too early, and is in the totals
    return list(found.items())


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in WebhookEvent.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def empty() -> None:
    """Takes every book and event away again, as the owner of the tables."""
    from dashboard.database import as_owner

    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public' "
            "AND starts_with(tablename, 'billing_') AND tablename <> 'billing_allowedtransition'"
        )
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} CASCADE")
