"""The figures that stand at the head of a customer's page, each per currency and never added across them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.invoices.models import CreditNote, Invoice
from billing.ledger.accounts import Account
from billing.ledger.models import PostingLine
from billing.money import Money
from billing.payments.models import Payment, PaymentAllocation
from billing.refunds.models import Refund
from billing.subscriptions.models import MrrMovement, Subscription
from billing.subscriptions.rules import BILLABLE


@dataclass(frozen=True, slots=True)
class CustomerSummary:
    """Amounts with one entry for each currency in which there is any; empty when there never was.

    ``lifetime`` is what was captured less what went back; ``owes`` what is open on issued invoices;
    ``balance`` what we hold in the customer's favour; ``next_charge_at`` the nearest end of a period that
    renews, None when nothing does.
    """

    mrr: tuple[Money, ...]
    lifetime: tuple[Money, ...]
    owes: tuple[Money, ...]
    balance: tuple[Money, ...]
    next_charge_at: datetime | None
    since: datetime


def summary_of(customer_id: int, since: datetime) -> CustomerSummary:
    """The summary of one customer, in eight queries on indexes of that customer."""
    captured = _sums(Payment.objects.filter(customer=customer_id, state="succeeded"), "captured_minor")
    returned = _sums(Refund.objects.filter(customer=customer_id, state="succeeded"), "amount_minor")
    billed = _sums(Invoice.objects.filter(customer=customer_id, state="open"), "total_minor")
    settled = _sums(
        PaymentAllocation.objects.filter(invoice__customer=customer_id, invoice__state="open"),
        "amount_minor",
        "invoice__currency",
    )
    credited = _sums(
        CreditNote.objects.filter(customer=customer_id, invoice__state="open", voided_at=None), "total_minor"
    )
    in_favour = PostingLine.objects.filter(customer=customer_id, account=Account.CUSTOMER_BALANCE)
    renewing = Subscription.objects.filter(
        Q(cancel_at_period_end=False), customer=customer_id, state__in=BILLABLE, ended_at=None
    )
    return CustomerSummary(
        mrr=_amounts(_sums(MrrMovement.objects.filter(customer=customer_id), "amount_minor")),
        lifetime=_amounts(_less(captured, returned)),
        owes=_amounts(_less(billed, settled, credited)),
        balance=_amounts({c: -minor for c, minor in _sums(in_favour, "amount_minor").items()}),
        next_charge_at=renewing.aggregate(at=Min("current_period_end"))["at"],
        since=since,
    )


def _sums(rows: QuerySet, column: str, currency: str = "currency") -> dict[str, int]:
    found = rows.order_by().values_list(currency).annotate(total=Coalesce(Sum(column), 0))
    return dict(found)


def _less(of: dict[str, int], *less: dict[str, int]) -> dict[str, int]:
    currencies = of.keys() | {c for taken in less for c in taken}
    return {c: of.get(c, 0) - sum(taken.get(c, 0) for taken in less) for c in currencies}


def _amounts(sums: dict[str, int]) -> tuple[Money, ...]:
    return tuple(Money(int(minor), currency) for currency, minor in sorted(sums.items()))
