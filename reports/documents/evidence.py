"""What is known that answers a dispute: the customer, what they bought, paid, used and were told.

Nothing of what the staff wrote for each other goes in: a packet is read by the bank and by the customer.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, QuerySet, Sum

from billing.credits.models import CreditEntry
from billing.customers.models import Identity
from billing.disputes.models import Dispute
from billing.history.models import HistoryEntry
from billing.invoices.models import Invoice
from billing.messages.models import Message
from billing.money import Money
from billing.payments.models import Payment
from billing.payments.queries import gateway_name, method_words
from billing.refunds.models import Refund

#: How many rows of each kind a packet holds; how many more there are is said.
MOST_INVOICES = 12
MOST_LINES = 15
MOST_PAYMENTS = 20
MOST_REFUNDS = 20
MOST_MESSAGES = 10
MOST_EVENTS = 40
LONGEST_MESSAGE = 2_000
#: Whose changes of state tell the story; notes, assignments and the like are ours alone.
TOLD = ("payment", "refund", "invoice", "dispute", "subscription")


@dataclass(frozen=True, slots=True)
class Used:
    """Prepaid units burnt since the payment came in."""

    unit: str
    amount: int
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    at: datetime
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Packet:
    """Everything that goes into the document; ``left_out`` counts what did not fit, by its kind."""

    dispute: Dispute
    payment: Payment
    method: str
    gateway: str
    made_at: datetime
    identity: Identity | None
    subscriptions: list[Any]
    invoices: list[tuple[Invoice, list[Any], Money | None]]
    payments: list[tuple[Payment, str]]
    refunds: list[Refund]
    used: list[Used]
    letters: list[Letter]
    events: list[Event]
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        named = self.identity.name if self.identity else ""
        return named or self.dispute.customer.reference

    @property
    def reason(self) -> str:
        return self.dispute.reason.replace("_", " ") or "not told"

    @property
    def address(self) -> list[str]:
        who = self.identity
        if who is None:
            return []
        town = f"{who.postal_code} {who.city}".strip()
        lines = [who.line1, who.line2, town, who.region, self.dispute.customer.country]
        return [line for line in lines if line]

    @property
    def paid_before(self) -> int:
        """Payments of the same customer with the same card that came in and were never disputed."""
        card = self.payment.card_last4
        return sum(
            1
            for row, _ in self.payments
            if row.state == "succeeded" and row.card_last4 == card and card and row.pk != self.payment.pk
        )


def packet_of(dispute: Dispute, now: datetime) -> Packet:
    """Collects the packet: as many queries for a customer of ten years as for a new one."""
    payment = Payment.objects.select_related("method", "customer").get(pk=dispute.payment_id)
    customer_id = dispute.customer_id
    left_out: dict[str, int] = {}

    def some[T](kind: str, rows: QuerySet[Any], most: int) -> list[Any]:
        found = list(rows[: most + 1])
        if len(found) > most:
            left_out[kind] = rows.count() - most
        return found[:most]

    paid = {each.invoice_id: each.amount_minor for each in payment.allocations.all()}
    theirs = Invoice.objects.filter(customer=customer_id).exclude(state="draft")
    ours = list(theirs.filter(pk__in=paid).prefetch_related("lines"))
    rest = theirs.exclude(pk__in=paid).prefetch_related("lines").order_by("-created_at", "-pk")
    invoices = [*ours, *some("invoices", rest, max(1, MOST_INVOICES - len(ours)))]
    others = Payment.objects.filter(customer=customer_id).order_by("-created_at", "-pk")
    refunds = Refund.objects.filter(customer=customer_id).order_by("-created_at", "-pk")
    letters = Message.objects.filter(customer=customer_id, state="sent", text__isnull=False)
    return Packet(
        dispute=dispute,
        payment=payment,
        method=method_words(payment),
        gateway=gateway_name(payment.gateway),
        made_at=now,
        identity=Identity.objects.filter(customer=customer_id).first(),
        subscriptions=list(dispute.customer.subscriptions.order_by("-created_at")[:5]),
        invoices=[
            (
                row,
                list(row.lines.all())[:MOST_LINES],
                Money(paid[row.pk], row.currency) if row.pk in paid else None,
            )
            for row in invoices
        ],
        payments=[(row, method_words(row)) for row in some("payments", others, MOST_PAYMENTS)],
        refunds=some("refunds", refunds, MOST_REFUNDS),
        used=_used(customer_id, payment.succeeded_at or payment.created_at),
        letters=[
            Letter(row.sent_at or row.created_at, row.text.subject, row.text.body[:LONGEST_MESSAGE])
            for row in some(
                "messages", letters.select_related("text").order_by("-sent_at", "-pk"), MOST_MESSAGES
            )
        ],
        events=_events(
            some(
                "events",
                HistoryEntry.objects.filter(
                    customer_id=customer_id, kind__in=("state", "created"), subject_kind__in=TOLD
                ).order_by("-at", "-id"),
                MOST_EVENTS,
            )
        ),
        left_out=left_out,
    )


def _used(customer_id: int, since: datetime) -> list[Used]:
    rows = CreditEntry.objects.filter(
        account__customer=customer_id, movement="burn", at__gte=since, reverses=None
    ).exclude(account__unit="money")
    found = rows.values_list("account__unit").annotate(
        amount=Sum("amount"), times=Count("pk"), first=Min("at"), last=Max("at")
    )
    return [
        Used(unit.replace("_", " "), -amount, *more)
        for unit, amount, *more in found.order_by("account__unit")
    ]


def _events(entries: Iterable[HistoryEntry]) -> list[Event]:
    """In the order in which they happened, in the fewest words."""
    told = []
    for entry in reversed(list(entries)):
        money = f" of {Money(entry.amount_minor, entry.currency)}" if entry.amount_minor is not None else ""
        state = entry.to_state.replace("_", " ")
        what = (
            f"{entry.subject_kind.capitalize()}{money}: {state}" if state else entry.subject_kind.capitalize()
        )
        told.append(Event(entry.at, what))
    return told
