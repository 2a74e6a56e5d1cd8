"""What can stand in a queue: each kind with its model, the key that names it in the URL, and its page."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import NoReverseMatch, reverse

from billing.customers.models import Customer
from billing.disputes.models import Dispute
from billing.invoices.models import Invoice
from billing.money import Money
from billing.payments.models import Payment
from billing.refunds.models import Refund
from billing.subscriptions.models import Subscription
from dashboard.access import may
from dashboard.lists.names import name_of


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of subject; `name` is its model's name, as history and work items call it."""

    name: str
    noun: str
    model: type[Model]
    label: Callable[[Any], str]
    target: str
    permission: str
    icon: str
    key: str = "reference"
    related: tuple[str, ...] = ("customer__identity",)

    def find(self, key: str) -> Any | None:
        """The object of this key, or None."""
        rows = self.model._default_manager.select_related(*self.related)
        return rows.filter(**{self.key: key}).first()

    def url(self, subject: Any) -> str:
        """The page of the object; empty while no such screen is built."""
        return self.address(str(getattr(subject, self.key)))

    def address(self, key: str) -> str:
        try:
            return reverse(self.target, args=[key])
        except NoReverseMatch:
            return ""


def _amount(subject: Any, minor: str = "amount_minor") -> str:
    return str(Money(getattr(subject, minor), subject.currency))


def _with_amount(noun: str, minor: str = "amount_minor") -> Callable[[Any], str]:
    return lambda subject: f"{noun} of {_amount(subject, minor)}, {name_of(subject.customer)[0]}"[:160]


def _of_invoice(invoice: Any) -> str:
    said = f"Invoice {invoice.label} of {_amount(invoice, 'total_minor')}"
    return f"{said}, {name_of(invoice.customer)[0]}"[:160]


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "refund",
            "Refund",
            Refund,
            _with_amount("Refund"),
            "refunds:show",
            "refunds.view",
            "receipt-refund",
        ),
        Kind(
            "payment",
            "Payment",
            Payment,
            _with_amount("Payment"),
            "payments:show",
            "payments.view",
            "credit-card",
        ),
        Kind(
            "dispute", "Dispute", Dispute, _with_amount("Dispute"), "disputes:show", "disputes.view", "gavel"
        ),
        Kind(
            "invoice",
            "Invoice",
            Invoice,
            _of_invoice,
            "invoices:show",
            "invoices.view",
            "file-invoice",
        ),
        Kind(
            "subscription",
            "Subscription",
            Subscription,
            lambda subscription: f"Subscription of {name_of(subscription.customer)[0]}"[:160],
            "subscriptions:show",
            "subscriptions.view",
            "repeat",
        ),
        Kind(
            "customer",
            "Customer",
            Customer,
            lambda customer: name_of(customer)[0][:160],
            "customers:show",
            "customers.view",
            "building",
            related=("identity",),
        ),
    )
}


def pages_of(subjects: Iterable[tuple[str, int]], user: Any) -> dict[tuple[str, int], str]:
    """Where the page of each (kind, id) is, for those that this person may see: one query for each kind."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for name, pk in subjects:
        wanted[name].add(pk)
    pages: dict[tuple[str, int], str] = {}
    for name, ids in wanted.items():
        kind = KINDS.get(name)
        if kind is None or not kind.address("any") or not may(user, kind.permission):
            continue
        keys = kind.model._default_manager.filter(pk__in=ids).values_list("pk", kind.key)
        pages |= {(name, pk): kind.address(str(key)) for pk, key in keys}
    return pages
