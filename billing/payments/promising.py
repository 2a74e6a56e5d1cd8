"""What is written before a gateway is called: a payment, its attempt and the key, in one transaction."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from billing.errors import Conflict, Missing, Refused
from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.history.services import entry
from billing.ids import new_reference
from billing.invoices.models import Invoice
from billing.money import Money
from billing.payments.models import Payment, PaymentAttempt, PaymentMethod
from billing.payments.owed import owed_on


@dataclass(frozen=True, slots=True)
class Order:
    """One call that may be made, and all that it needs: what stands in the database is not read again."""

    payment_id: int
    invoice_id: int
    gateway: str
    customer_gateway_id: str
    method_gateway_id: str
    amount: Money
    key: str
    description: str


@dataclass(frozen=True, slots=True)
class Promised:
    """What may be called now, and why not for the others, by invoice."""

    orders: list[Order]
    refused: dict[int, Refused]


def charging_gateways() -> frozenset[str]:
    """The gateways through which we charge."""
    paths: dict[str, str] = settings.GATEWAYS
    return frozenset(name for name, path in paths.items() if hasattr(import_string(path), "charge"))


@transaction.atomic
def promise(
    invoice_ids: Iterable[int],
    *,
    actor: Actor,
    now: datetime,
    method_id: int | None = None,
    waiting: bool = True,
    without: Collection[str] = (),
) -> Promised:
    """Writes a live payment for each of these invoices that may be charged now, and says why not for others.

    An invoice is locked while it is looked at: two who ask for it at once make one payment. With ``waiting``
    off, one that somebody else holds is left out without a word. ``without`` are gateways that are not
    called now.
    """
    ids = sorted(set(invoice_ids))
    rows = Invoice.objects.select_for_update(of=("self",), skip_locked=not waiting)
    invoices = {row.pk: row for row in rows.filter(pk__in=ids).select_related("customer").order_by("pk")}
    refused: dict[int, Refused] = {}
    if waiting:
        refused |= {pk: _unknown() for pk in ids if pk not in invoices}
    live = live_payments(invoices)
    owed = owed_on(list(invoices))
    methods = best_methods({row.customer_id for row in invoices.values()}, method_id)
    made: list[tuple[Invoice, PaymentMethod, Payment]] = []
    for invoice in invoices.values():
        method = methods.get(invoice.customer_id)
        no = why_not(invoice, live.get(invoice.pk), owed[invoice.pk]) or _no_method(invoice, method)
        if no is not None:
            refused[invoice.pk] = no
        elif method is not None and method.gateway not in without:
            made.append((invoice, method, _payment(invoice, method, owed[invoice.pk], now)))
    _write(made, actor, now)
    return Promised([_order(*each) for each in made], refused)


def live_payments(invoice_ids: Iterable[int]) -> dict[int, Payment]:
    """The payment under way for each invoice that has one."""
    rows = Payment.objects.filter(invoice__in=list(invoice_ids), is_live=True)
    return {row.invoice_id: row for row in rows if row.invoice_id is not None}


def best_methods(customer_ids: Collection[int], method_id: int | None = None) -> dict[int, PaymentMethod]:
    """What each customer is charged with: the method asked for, else the default, else the newest on file."""
    rows = _chargeable().filter(customer__in=list(customer_ids))
    if method_id is not None:
        rows = rows.filter(pk=method_id)
    best: dict[int, PaymentMethod] = {}
    for row in rows.order_by("customer_id", "-is_default", "-created_at", "-pk"):
        best.setdefault(row.customer_id, row)
    return best


def methods_to_charge(customer_id: int, most: int = 20) -> list[PaymentMethod]:
    """The methods of one customer that we can charge, the default first."""
    rows = _chargeable().filter(customer=customer_id)
    return list(rows.order_by("-is_default", "-created_at", "-pk")[:most])


def _chargeable() -> QuerySet[PaymentMethod]:
    rows = PaymentMethod.objects.filter(detached_at=None, gateway__in=charging_gateways())
    return rows.exclude(gateway_id="")


def why_not(invoice: Invoice, live: Payment | None, owed_minor: int) -> Refused | None:
    """What forbids to charge the invoice now, whatever with; None when nothing does."""
    if invoice.gateway:
        return Conflict("invoice_of_a_gateway", f"{invoice.label} is collected by its gateway, not by us.")
    if invoice.state != "open":
        state = invoice.get_state_display().lower()
        return Conflict("invoice_not_open", f"{invoice.label} is {state}: only an open invoice is charged.")
    if live is not None:
        return Conflict(
            "already_charging",
            f"{live.reference} is charging {invoice.label} already and is "
            f"{live.get_state_display().lower()}. Wait until its outcome is known.",
            facts={"payment": live.reference},
        )
    if owed_minor <= 0:
        return Conflict("nothing_owed", f"Nothing is owed on {invoice.label} any more.")
    return None


def write_payments(payments: list[Payment], *, actor: Actor, now: datetime) -> None:
    """New live payments with one attempt each and their history; their invoices wait for no other charge."""
    Payment.objects.bulk_create(payments)
    PaymentAttempt.objects.bulk_create(
        PaymentAttempt(payment=each, at=now, state="pending", amount_minor=each.amount_minor)
        for each in payments
    )
    HistoryEntry.objects.bulk_create(
        [
            entry(
                each,
                "created",
                actor=actor,
                now=now,
                to_state="pending",
                money=Money(each.amount_minor, each.currency),
                invoice=each.invoice.reference if each.invoice else "",
            )
            for each in payments
        ]
    )
    # Whoever comes by a link may go again without paying: then the invoice is charged when it was to be.
    charged = [each.invoice_id for each in payments if each.link is None and each.invoice_id is not None]
    Invoice.objects.filter(pk__in=charged, collect_at__isnull=False).update(collect_at=None)


def new_payment(invoice: Invoice, gateway: str, owed_minor: int, now: datetime) -> Payment:
    """A live payment of what is owed on the invoice, not written yet; its reference is its key."""
    reference = new_reference("PAY", now.date())
    return Payment(
        reference=reference,
        idempotency_key=reference,
        customer_id=invoice.customer_id,
        invoice=invoice,
        is_live=True,
        state="pending",
        currency=invoice.currency,
        amount_minor=owed_minor,
        gateway=gateway,
        description=f"Invoice {invoice.label}"[:300],
        created_at=now,
    )


def _payment(invoice: Invoice, method: PaymentMethod, owed_minor: int, now: datetime) -> Payment:
    made = new_payment(invoice, method.gateway, owed_minor, now)
    made.method, made.method_kind = method, method.kind
    made.card_brand, made.card_last4 = method.brand, method.last4
    return made


def _write(made: list[tuple[Invoice, PaymentMethod, Payment]], actor: Actor, now: datetime) -> None:
    if made:
        write_payments([payment for _, _, payment in made], actor=actor, now=now)


def _order(invoice: Invoice, method: PaymentMethod, payment: Payment) -> Order:
    customer = invoice.customer
    return Order(
        payment_id=payment.pk,
        invoice_id=invoice.pk,
        gateway=method.gateway,
        customer_gateway_id=customer.gateway_id if customer.gateway == method.gateway else "",
        method_gateway_id=method.gateway_id,
        amount=Money(payment.amount_minor, payment.currency),
        key=payment.reference,
        description=payment.description,
    )


def _unknown() -> Refused:
    return Missing("invoice_unknown", "This invoice does not exist.")


def _no_method(invoice: Invoice, method: PaymentMethod | None) -> Refused | None:
    if method is not None:
        return None
    return Conflict(
        "no_method",
        f"The customer of {invoice.label} has no payment method on file that we can charge. "
        "Send them a payment link.",
    )
