"""The figures that stand at the head of a customer's page, each per currency and never added across them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.disputes.models import Dispute
from billing.ledger.accounts import Account
from billing.ledger.models import PostingLine
from billing.money import Money
from billing.payments.models import Payment
from billing.refunds.models import Refund
from billing.subscriptions.models import MrrMovement, Subscription, SubscriptionItem
from billing.subscriptions.rules import BILLABLE


@dataclass(frozen=True, slots=True)
class CustomerSummary:
    """Amounts with one entry for each currency in which there is any; empty when there never was.

    ``lifetime`` is what was captured less what went back by refunds or is taken by disputes; ``owes`` what
    the ledger holds as receivable, which is what open invoices still ask for; ``balance`` what we hold in
    the customer's favour. ``next_charge_at`` is the nearest end of a period that renews at a price,
    None when nothing does; ``next_charge_unknown`` says that something renews and nobody told us when.
    """

    mrr: tuple[Money, ...]
    lifetime: tuple[Money, ...]
    owes: tuple[Money, ...]
    balance: tuple[Money, ...]
    next_charge_at: datetime | None
    next_charge_unknown: bool
    since: datetime


def summary_of(customer_id: int, since: datetime) -> CustomerSummary:
    """The summary of one customer, in six queries on indexes of that customer."""
    captured = _sums(Payment.objects.filter(customer=customer_id, state="succeeded"), "captured_minor")
    returned = _sums(Refund.objects.filter(customer=customer_id, state="succeeded"), "amount_minor")
    disputed = _sums(Dispute.objects.filter(customer=customer_id, withdrawn_minor__gt=0), "withdrawn_minor")
    booked = _by_account(customer_id, Account.RECEIVABLE, Account.CUSTOMER_BALANCE)
    in_favour = booked[Account.CUSTOMER_BALANCE]
    renewing = Subscription.objects.filter(
        _costs_something(),
        customer=customer_id,
        state__in=BILLABLE,
        ended_at=None,
        cancel_at_period_end=False,
    )
    ends = list(renewing.values_list("current_period_end", flat=True))
    return CustomerSummary(
        mrr=_amounts(_sums(MrrMovement.objects.filter(customer=customer_id), "amount_minor")),
        lifetime=_amounts(_less(captured, returned, disputed)),
        owes=_amounts(booked[Account.RECEIVABLE]),
        balance=_amounts({currency: -minor for currency, minor in in_favour.items()}),
        next_charge_at=min((end for end in ends if end), default=None),
        next_charge_unknown=bool(ends) and not any(ends),
        since=since,
    )


def _costs_something() -> Q:
    """Not on free prices alone; one whose items nobody told may cost something."""
    items = SubscriptionItem.objects.filter(subscription=OuterRef("pk"))
    return Q(Exists(items.filter(price__unit_amount_minor__gt=0))) | ~Q(Exists(items))


def _sums(rows: QuerySet, column: str) -> dict[str, int]:
    found = rows.order_by().values_list("currency").annotate(total=Coalesce(Sum(column), 0))
    return dict(found)


def _by_account(customer_id: int, *accounts: Account) -> dict[str, dict[str, int]]:
    """Debits less credits of these accounts of the customer, by account and currency: one query."""
    sums: dict[str, dict[str, int]] = {account: {} for account in accounts}
    lines = PostingLine.objects.filter(customer=customer_id, account__in=accounts).order_by()
    for account, currency, minor in lines.values_list("account", "currency").annotate(Sum("amount_minor")):
        sums[account][currency] = minor
    return sums


def _less(of: dict[str, int], *less: dict[str, int]) -> dict[str, int]:
    currencies = of.keys() | {c for taken in less for c in taken}
    return {c: of.get(c, 0) - sum(taken.get(c, 0) for taken in less) for c in currencies}


def _amounts(sums: dict[str, int]) -> tuple[Money, ...]:
    return tuple(Money(int(minor), currency) for currency, minor in sorted(sums.items()))
