"""Invoices of ours that wait to be charged, cards to charge, and what the books say afterwards."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.db.models import Sum

from billing.gateways.models import SandboxObject
from billing.history.actors import person
from billing.history.services import record
from billing.ledger import rules as ledger
from billing.ledger.services import post
from billing.models import (
    Customer,
    HistoryEntry,
    Invoice,
    Payment,
    PaymentAllocation,
    PaymentMethod,
    PostingLine,
)
from billing.money import Money
from billing.payments.charging import collect_invoice
from tests import make

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
JUDE = person(12, "Jude Okafor")
_next = count(1)


def a_card(of: Customer, card: str = "4242", **more: Any) -> PaymentMethod:
    """A card at the sandbox, whose last four digits decide what becomes of a charge."""
    return make.method(
        of,
        last4=card,
        gateway="sandbox",
        gateway_id=f"sbx_pm_{next(_next)}x_{card}",
        **{"is_default": True, **more},
    )


def an_invoice(of: Customer, minor: int = 9_900, *, due: datetime | None = NOW) -> Invoice:
    """An open invoice of ours, booked, to be charged from ``due`` on."""
    number = f"T{next(_next)}-2026-000001"  # a series of its own, so that none has a gap
    invoice = make.invoice(of, number=number, net_minor=minor, tax_minor=0, total_minor=minor, collect_at=due)
    record(invoice, "created", to_state="open", actor=JUDE, now=NOW)
    money = Money(minor, "EUR")
    draft = ledger.invoice_finalised(invoice.reference, total=money, net=money, tax=Money(0, "EUR"))
    post(draft, actor=JUDE, now=NOW, customer_id=of.pk, subject=invoice)
    return invoice


def due(card: str = "4242", minor: int = 9_900, *, at: datetime | None = NOW) -> Invoice:
    """An invoice to be charged to a card of its own customer."""
    customer = make.customer(gateway="sandbox", gateway_id=f"sbx_cus_{next(_next)}")
    a_card(customer, card)
    return an_invoice(customer, minor, due=at)


def charge(invoice: Invoice, *, now: datetime = NOW, **more: Any) -> Payment:
    return collect_invoice(invoice_id=invoice.pk, actor=JUDE, now=now, **more)


def at_the_sandbox(invoice: Invoice | None = None) -> list[SandboxObject]:
    """The payments that the gateway itself has made: of this invoice, or all."""
    rows = SandboxObject.objects.filter(kind="payment").order_by("created_at", "id")
    if invoice is not None:
        keys = Payment.objects.filter(invoice=invoice).values_list("idempotency_key", flat=True)
        rows = rows.filter(idempotency_key__in=[key for key in keys if key])
    return list(rows)


def taken(invoice: Invoice | None = None) -> int:
    """What the gateway took in all, minor units."""
    return sum(
        row.body["amount_minor"] for row in at_the_sandbox(invoice) if row.body["state"] == "succeeded"
    )


def states_of(payment: Payment) -> list[str]:
    entries = HistoryEntry.objects.filter(subject_kind="payment", subject_id=payment.pk)
    return [each for each in entries.order_by("id").values_list("to_state", flat=True) if each]


def balances() -> dict[str, int]:
    sums = PostingLine.objects.values_list("account").annotate(total=Sum("amount_minor"))
    return {account: total for account, total in sums if total}


def assert_sound() -> None:
    """What must never be false of charges, whatever has happened."""
    for invoice in Invoice.objects.filter(gateway=""):
        paid = sum(PaymentAllocation.objects.filter(invoice=invoice).values_list("amount_minor", flat=True))
        assert paid <= invoice.total_minor, f"{invoice}: {paid} of {invoice.total_minor} applied"
        live = Payment.objects.filter(invoice=invoice, is_live=True)
        assert live.count() <= 1, f"{invoice}: {live.count()} payments under way"
        assert (invoice.state == "paid") == (paid == invoice.total_minor), (
            f"{invoice}: {invoice.state}, {paid}"
        )
    came = Payment.objects.filter(state="succeeded").aggregate(total=Sum("captured_minor"))["total"] or 0
    assert balances().get("gateway_clearing", 0) == came
    assert sum(PostingLine.objects.values_list("amount_minor", flat=True)) == 0


def later(minutes: int = 0, **more: int) -> datetime:
    return NOW + timedelta(minutes=minutes, **more)
