"""What stands on a customer's page about what is theirs: each card a few rows, whatever there is in all."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Sum

from billing.checkouts.queries import bought_words, checkouts_for_list
from billing.credits.listing import accounts_for_list
from billing.customers.models import Customer
from billing.invoices.models import CreditNote, Invoice
from billing.messages.kinds import KINDS
from billing.messages.models import Message
from billing.money import Money
from billing.payments.models import Payment, PaymentAllocation, PaymentMethod
from billing.payments.queries import method_words, payments_for_list
from billing.refunds.models import Refund
from billing.subscriptions.listing import monthly_of, plan_of, subscriptions_for_list, versions_of
from billing.subscriptions.models import Subscription
from billing.subscriptions.rules import TERMINAL
from dashboard.actions import credit_words as words
from dashboard.actions.related import link
from dashboard.customers.methods import means_of

MOST = 5
MOST_SUBSCRIPTIONS = 10


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are of each; `open_invoices` wait for money, `succeeded` payments have brought some."""

    subscriptions: int
    invoices: int
    open_invoices: int
    payments: int
    succeeded: int
    refunds: int
    notes: int


def counts_of(customer: Customer) -> Counts:
    """Five queries, each on an index of the customer."""
    invoices = _by_state(Invoice, customer)
    payments = _by_state(Payment, customer)
    return Counts(
        subscriptions=Subscription.objects.filter(customer=customer).count(),
        invoices=sum(invoices.values()),
        open_invoices=invoices.get("open", 0),
        payments=sum(payments.values()),
        succeeded=payments.get("succeeded", 0),
        refunds=Refund.objects.filter(customer=customer).count(),
        notes=customer.notes.count(),
    )


def _by_state(model: Any, customer: Customer) -> dict[str, int]:
    return dict(model.objects.filter(customer=customer).order_by().values_list("state").annotate(Count("pk")))


def subscriptions_of(customer: Customer) -> list[Subscription]:
    """Those that run first, each kind newest first."""
    rows = subscriptions_for_list().filter(customer=customer).order_by("-created_at", "-pk")
    return sorted(rows[:MOST_SUBSCRIPTIONS], key=lambda each: each.state in TERMINAL)


def subscription_rows(found: list[Subscription]) -> list[dict[str, Any]]:
    return [
        {
            "subscription": each,
            "plan": plan_of(each),
            "version": versions_of(each),
            "then": _then(each),
            "monthly": monthly_of(each),
            "ended": each.state in TERMINAL,
            "url": link("subscriptions:show", each.reference),
        }
        for each in found
    ]


def _then(subscription: Subscription) -> str:
    if subscription.state in TERMINAL:
        return ""
    return "cancels at period end" if subscription.cancel_at_period_end or subscription.cancel_at else ""


def payment_rows(customer: Customer) -> list[dict[str, Any]]:
    """The latest payments with method, invoices and what went back: two queries."""
    found = payments_for_list().filter(customer=customer).prefetch_related("allocations__invoice")
    return [
        {
            "payment": each,
            "method": method_words(each),
            "invoices": [
                (allocation.invoice.label, link("invoices:show", allocation.invoice.reference))
                for allocation in each.allocations.all()[:2]
            ],
            "refunded": each.refunded_minor,  # type: ignore[attr-defined]
            "url": link("payments:show", each.reference),
        }
        for each in found.order_by("-created_at", "-pk")[:MOST]
    ]


def open_invoice_rows(customer: Customer, today: date) -> list[dict[str, Any]]:
    """What is open, the longest due first, with what is left to pay: three queries."""
    found = list(
        Invoice.objects.filter(customer=customer, state="open").order_by("due_on", "created_at", "pk")[:MOST]
    )
    ids = [each.pk for each in found]
    paid = dict(
        PaymentAllocation.objects.filter(invoice__in=ids, payment__state="succeeded")
        .order_by()
        .values_list("invoice")
        .annotate(Sum("amount_minor"))
    )
    credited = {
        invoice: total - on_paid
        for invoice, total, on_paid in CreditNote.objects.filter(invoice__in=ids, voided_at=None)
        .order_by()
        .values_list("invoice")
        .annotate(Sum("total_minor"), Sum("on_paid_minor"))
    }
    return [
        {
            "invoice": each,
            "left": Money(
                max(0, each.total_minor - paid.get(each.pk, 0) - credited.get(each.pk, 0)), each.currency
            ),
            "overdue": bool(each.due_on and each.due_on < today),
            "url": link("invoices:show", each.reference),
        }
        for each in found
    ]


def refund_rows(customer: Customer) -> list[tuple[Refund, str]]:
    found = Refund.objects.filter(customer=customer).order_by("-created_at", "-pk")[:MOST]
    return [(each, link("refunds:show", each.reference)) for each in found]


def checkout_rows(customer: Customer) -> list[dict[str, Any]]:
    """The pages of ours on which they began to buy something last; one query."""
    rows = checkouts_for_list().filter(customer=customer, key__isnull=False)
    return [
        {
            "checkout": each,
            "bought": bought_words(each),
            "amount": Money(each.amount_minor or 0, each.currency),
            "url": link("checkouts:show", each.reference),
        }
        for each in rows.order_by("-created_at", "-pk")[:MOST]
    ]


def message_rows(customer: Customer) -> list[dict[str, Any]]:
    """What they were written last; one query."""
    found = Message.objects.filter(customer=customer).order_by("-created_at", "-pk")[:MOST]
    return [
        {
            "message": each,
            "label": KINDS[each.kind].label if each.kind in KINDS else each.kind,
            "url": link("messages:show", each.reference),
        }
        for each in found
    ]


def credit_rows(customer: Customer) -> list[dict[str, Any]]:
    """Each account with its balance, what it owes and when the next of it ends."""
    found = accounts_for_list().filter(customer=customer).order_by("currency", "unit")
    return [
        {
            "title": words.title(each),
            "balance": words.figure(each, each.balance),
            "owed": words.of(each, each.owed) if each.owed else "",
            "next_expiry": each.next_expiry,
            "url": link("credits:show", str(each.pk)),
        }
        for each in found[:MOST_SUBSCRIPTIONS]
    ]


def method_rows(customer: Customer, today: date) -> list[Any]:
    """The default first; those taken off are gone."""
    found = PaymentMethod.objects.filter(customer=customer, detached_at=None)
    return [means_of(each, today) for each in found.order_by("-is_default", "-created_at", "-pk")[:MOST]]
