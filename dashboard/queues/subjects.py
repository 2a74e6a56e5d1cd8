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
from billing.webhooks.models import WebhookEvent
from dashboard.access import may
from dashboard.lists.names import name_of


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of subject; `name` is its model's name, as history and work items call it."""

    name: str
    model: type[Model]
    label: Callable[[Any], str]
    target: str
    permission: str
    icon: str
    key: str = "reference"
    related: tuple[str, ...] = ("customer__identity",)

    def find(self, key: str) -> Any | None:
        """The object of this key, or None."""
        if self.key == "pk" and not key.isdecimal():
            return None
        rows = self.model._default_manager.select_related(*(self.related or (None,)))
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


#: The labels are kept beside the work item, so they name nobody: names are read when they are shown.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "refund",
            Refund,
            lambda refund: f"Refund of {_amount(refund)}",
            "refunds:show",
            "refunds.view",
            "receipt-refund",
        ),
        Kind(
            "payment",
            Payment,
            lambda payment: f"Payment of {_amount(payment)}",
            "payments:show",
            "payments.view",
            "credit-card",
        ),
        Kind(
            "dispute",
            Dispute,
            lambda dispute: f"Dispute of {_amount(dispute)}",
            "disputes:show",
            "disputes.view",
            "gavel",
        ),
        Kind(
            "invoice",
            Invoice,
            lambda invoice: f"Invoice {invoice.label} of {_amount(invoice, 'total_minor')}",
            "invoices:show",
            "invoices.view",
            "file-invoice",
        ),
        Kind(
            "subscription",
            Subscription,
            lambda subscription: f"Subscription {subscription.reference}",
            "subscriptions:show",
            "subscriptions.view",
            "repeat",
        ),
        Kind(
            "customer",
            Customer,
            lambda customer: f"Customer {customer.reference}",
            "customers:show",
            "customers.view",
            "building",
            related=("identity",),
        ),
        Kind(
            "webhookevent",
            WebhookEvent,
            lambda event: f"Webhook event {event.type}",
            "webhooks:show",
            "webhooks.view",
            "webhook",
            key="pk",
            related=(),
        ),
    )
}


def subjects_of(subjects: Iterable[tuple[str, int]], user: Any) -> dict[tuple[str, int], Any]:
    """The objects of these (kind, id) with their customers, as far as this person may see them: one query
    for each kind."""
    return {
        (name, subject.pk): subject
        for name, ids in _by_kind(subjects, user)
        for subject in KINDS[name]
        .model._default_manager.select_related(*(KINDS[name].related or (None,)))
        .filter(pk__in=ids)
    }


def name_of_subject(subject: Any) -> tuple[str, str]:
    """Name and language of the customer whose it is; both empty for what is nobody's."""
    whose = subject if isinstance(subject, Customer) else getattr(subject, "customer", None)
    return name_of(whose) if whose else ("", "")


def pages_of(subjects: Iterable[tuple[str, int]], user: Any) -> dict[tuple[str, int], str]:
    """Where the page of each (kind, id) is, for those that this person may see: one query for each kind."""
    pages: dict[tuple[str, int], str] = {}
    for name, ids in _by_kind(subjects, user):
        kind = KINDS[name]
        if kind.address("any"):
            keys = kind.model._default_manager.filter(pk__in=ids).values_list("pk", kind.key)
            pages |= {(name, pk): kind.address(str(key)) for pk, key in keys}
    return pages


def _by_kind(subjects: Iterable[tuple[str, int]], user: Any) -> list[tuple[str, set[int]]]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for name, pk in subjects:
        if name in KINDS:
            wanted[name].add(pk)
    return [(name, ids) for name, ids in wanted.items() if may(user, KINDS[name].permission)]
