"""The stages of an import, in order: each kind after those that it names.

Payments come before invoices because since 2025 only the invoice knows which payments paid it; they are
posted once all invoices are known, so that what they paid is posted as paid and not as a balance first.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Concat

from billing.customers.models import Customer
from billing.gateways.errors import GatewayRefused
from billing.gateways.stripe import Stripe, stripe_pages
from billing.gateways.stripe_objects.reading import STRIPE
from billing.imports.taking import Body, Manner
from billing.invoices.models import Invoice
from billing.invoices.writing_off import FACT, write_off_uncollectible
from billing.ledger.models import Posting
from billing.payments.models import Payment
from billing.payments.services import settle
from billing.subscriptions.models import Subscription
from billing.subscriptions.movements import record_movements

PAGE = 100
CUSTOMERS_A_PAGE = 60
#: How many customers are asked for at once: most of a call is waiting, and Stripe allows far more.
AT_ONCE = 4
ROWS = 500


@dataclass(frozen=True, slots=True)
class Page:
    """Objects as Stripe stood ``as_of``; ``cursor`` is where the next page begins."""

    bodies: list[Body]
    as_of: datetime
    cursor: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A kind that Stripe lists. ``expand`` is asked for where the server offers it."""

    name: str
    label: str
    params: Mapping[str, Any] = field(default_factory=dict)
    expand: tuple[str, ...] = ()

    def page(self, cursor: str, clock: Callable[[], datetime]) -> Page | None:
        asked_at = clock()
        try:
            bodies = self._ask(
                cursor, {**self.params, "expand": list(self.expand)} if self.expand else self.params
            )
        except GatewayRefused as refusal:
            if not self.expand or refusal.code == "not_found":
                raise
            bodies = self._ask(cursor, self.params)
        return Page(bodies, asked_at, str(bodies[-1]["id"])) if bodies else None

    def _ask(self, cursor: str, params: Mapping[str, Any]) -> list[Body]:
        return list(islice(stripe_pages(self.name, params, cursor), PAGE))


@dataclass(frozen=True, slots=True)
class OfEachCustomer:
    """A kind that Stripe lists for one customer at a time; the cursor is our own customer's id."""

    name: str
    label: str
    types: tuple[str, ...] = ("card", "sepa_debit")

    def page(self, cursor: str, clock: Callable[[], datetime]) -> Page | None:
        asked_at = clock()
        rows = Customer.objects.filter(
            gateway=STRIPE, deleted_at_gateway_at=None, gateway_id__startswith="cus_", pk__gt=int(cursor or 0)
        )
        customers = list(rows.order_by("pk").values_list("pk", "gateway_id")[:CUSTOMERS_A_PAGE])
        stripe = Stripe()  # One for the page: it keeps its connections open.
        with ThreadPoolExecutor(AT_ONCE) as pool:
            asked = pool.map(lambda each: list(self._ask(stripe, each[1])), customers)
            bodies = [body for some in asked for body in some]
        return Page(bodies, asked_at, str(customers[-1][0])) if customers else None

    def _ask(self, stripe: Stripe, customer: str) -> Iterator[Body]:
        """Older servers want to be asked for one type at a time."""
        try:
            yield from stripe.pages(self.name, {"customer": customer}, "")
        except GatewayRefused as refusal:
            if refusal.code == "not_found":
                raise
            for each in self.types:
                with suppress(GatewayRefused):  # Some know one type only.
                    yield from stripe.pages(self.name, {"customer": customer, "type": each}, "")


@dataclass(frozen=True, slots=True)
class Counted:
    """A stage over our own rows: ``step`` works on those after the cursor and gives the next one."""

    name: str
    label: str
    step: Callable[[str, Manner], tuple[str, int] | None]


def count_mrr(cursor: str, manner: Manner) -> tuple[str, int] | None:
    """The movements of the next customers that have subscriptions at the gateway."""
    theirs = Subscription.objects.filter(gateway=STRIPE, customer=OuterRef("pk"))
    rows = Customer.objects.filter(Exists(theirs), pk__gt=int(cursor or 0)).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:ROWS])
    if not ids:
        return None
    return str(ids[-1]), record_movements(ids, actor=manner.actor, now=manner.now)


def post_payments(cursor: str, manner: Manner) -> tuple[str, int] | None:
    """Posts the next payments that have succeeded and are not posted, or were reversed."""
    cause = Concat(Value("payment.succeeded:"), OuterRef("reference"))
    posted = Posting.objects.filter(cause=cause)
    succeeded = Payment.objects.filter(gateway=STRIPE, state="succeeded").exclude(Exists(posted))
    reversed_ = Payment.objects.filter(gateway=STRIPE, state="reversed").filter(
        Exists(posted.filter(reversed_by__isnull=True))
    )
    rows = (succeeded | reversed_).filter(pk__gt=int(cursor or 0)).order_by("pk")
    payments = list(rows[:ROWS])
    if not payments:
        return None
    return str(payments[-1].pk), settle(payments, actor=manner.actor, now=manner.now)


def write_off(cursor: str, manner: Manner) -> tuple[str, int] | None:
    """Writes the next invoices off that are uncollectible, and takes it back for those that no longer are."""
    gone = Posting.objects.filter(
        subject_kind="invoice", subject_id=OuterRef("pk"), fact=FACT, reversed_by__isnull=True
    )
    rows = Invoice.objects.filter(Q(state="uncollectible") | Exists(gone), gateway=STRIPE)
    invoices = list(rows.filter(pk__gt=int(cursor or 0)).order_by("pk")[:ROWS])
    if not invoices:
        return None
    return str(invoices[-1].pk), write_off_uncollectible(invoices, actor=manner.actor, now=manner.now)


type Stage = Listed | OfEachCustomer | Counted

STAGES: tuple[Stage, ...] = (
    Listed("customers", "Customers", expand=("data.tax_ids",)),
    OfEachCustomer("payment_methods", "Payment methods"),
    Listed("products", "Products"),
    Listed("prices", "Prices"),
    Listed("subscriptions", "Subscriptions", {"status": "all"}, expand=("data.discounts",)),
    Counted("mrr", "Counting recurring revenue", count_mrr),
    Listed("payment_intents", "Payments"),
    Listed("charges", "Charges", expand=("data.balance_transaction",)),
    Listed("invoices", "Invoices", expand=("data.payments",)),
    Counted("postings", "Posting payments", post_payments),
    Listed("refunds", "Refunds"),
    Listed("disputes", "Disputes"),
    Listed("early_fraud_warnings", "Early fraud warnings"),
    Listed("credit_notes", "Credit notes"),
    Listed("payouts", "Payouts"),
    Counted("write_offs", "Writing off what is uncollectible", write_off),
)
