"""Which payment paid which invoice."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.history.services import entry
from billing.invoices.models import Invoice
from billing.invoices.recovering import recover, recoverable_on
from billing.invoices.services import missing
from billing.ledger import rules
from billing.ledger.services import Entry, post_many
from billing.logs import add_facts, note_odd, service
from billing.money import Money
from billing.payments.models import Payment, PaymentAllocation
from billing.payments.owed import BY_HAND, owed_on
from billing.payments.queries import (
    allocated_of_payments,
    allocated_to_invoices,
    by_gateway_id,
    lock_invoices,
)
from billing.payments.settling import live_postings

#: An invoice takes money from the day of its issue on, and no more once it is void.
TAKES_MONEY = frozenset({"open", "paid", "uncollectible"})


@service("payments")
@transaction.atomic
def apply_payments(
    gateway: str,
    links: Iterable[tuple[str, str]],
    *,
    actor: Actor,
    now: datetime,
    strict: bool = False,
) -> int:
    """Applies payments to invoices, both by the gateway's ids; gives how many allocations were written.

    As much as is left of the payment and open on the invoice, so that neither is ever exceeded. A payment
    that has been posted before had gone to the customer's balance, and is taken from there. What is not
    known is left out or, if ``strict``, raises `Missing`.
    """
    wanted = [(payment, invoice) for payment, invoice in dict.fromkeys(links) if payment and invoice]
    if not wanted:
        return 0
    found = by_gateway_id(gateway, [payment for payment, _ in wanted])
    locked = Payment.objects.select_for_update().filter(pk__in=[each.pk for each in found.values()])
    payments = {row.pk: row for row in locked.order_by("pk")}
    invoices = lock_invoices(gateway, [invoice for _, invoice in wanted])
    if strict:
        _require(wanted, found, invoices)
    pairs = [
        (payments[found[payment].pk], invoices[invoice])
        for payment, invoice in wanted
        if payment in found and invoice in invoices
    ]
    made = _allocate(pairs, now)
    _tell(made, actor, now)
    add_facts(applied=len(made))
    return len(made)


def apply_to_ours(payments: Sequence[Payment], *, actor: Actor, now: datetime) -> list[Invoice]:
    """Applies payments, locked, to the invoices of ours that they were made to pay; gives those, locked.

    As much as the ledger has open on the invoice; what it owes no more stays the customer's.
    """
    ids = sorted({each.invoice_id for each in payments if each.invoice_id})
    locked = Invoice.objects.select_for_update().filter(pk__in=ids, gateway="").order_by("pk")
    invoices = {row.pk: row for row in locked}
    pairs = [(each, invoices[each.invoice_id]) for each in payments if each.invoice_id in invoices]
    if pairs:
        lost = recoverable_on([pk for pk, row in invoices.items() if row.state == "uncollectible"])
        owed = {pk: minor + lost.get(pk, 0) for pk, minor in owed_on(list(invoices)).items()}
        made = _allocate(pairs, now, owed)
        _recover(made, lost, actor, now)
        _tell(made, actor, now)
    return list(invoices.values())


def _recover(made: list[PaymentAllocation], lost: dict[int, int], actor: Actor, now: datetime) -> None:
    """Books of what was written off and is paid after all that it was recovered."""
    for each in made:
        back = min(each.amount_minor, lost.get(each.invoice_id, 0))
        if back:
            lost[each.invoice_id] -= back
            amount = Money(back, each.payment.currency)
            recover(each.invoice, amount, by=each.payment.reference, actor=actor, now=now)


def _tell(made: list[PaymentAllocation], actor: Actor, now: datetime) -> None:
    """The history of what was applied, and the postings of what had gone to the customer's balance before."""
    live = live_postings([each.payment_id for each in made])
    entries = [
        Entry(
            rules.store_credit_used(
                f"{each.payment.reference}:{each.invoice.reference}",
                amount=Money(each.amount_minor, each.payment.currency),
            ),
            each.payment.customer_id,
            each.payment,
        )
        for each in made
        if each.payment_id in live
    ]
    post_many(entries, actor=actor, now=now)
    HistoryEntry.objects.bulk_create(
        [
            entry(
                each.payment,
                "applied",
                actor=actor,
                now=now,
                money=Money(each.amount_minor, each.payment.currency),
                invoice=each.invoice.reference,
            )
            for each in made
        ]
    )


def _require(wanted: list[tuple[str, str]], found: dict[str, Payment], invoices: dict[str, Invoice]) -> None:
    for payment, invoice in wanted:
        if invoice not in invoices:
            raise missing("invoice", invoice, payment)
        if payment not in found:
            kind = "payment_intent" if payment.startswith("pi_") else "charge"
            raise missing(kind, payment, invoice)


def _allocate(
    pairs: list[tuple[Payment, Invoice]], now: datetime, owed: dict[int, int] | None = None
) -> list[PaymentAllocation]:
    """The allocations of these pairs, all locked, that are not there yet; ``owed`` is what is still open."""
    used = allocated_of_payments([payment.pk for payment, _ in pairs])
    paid = allocated_to_invoices([invoice.pk for _, invoice in pairs])
    there = set(
        PaymentAllocation.objects.filter(payment__in=[payment.pk for payment, _ in pairs]).values_list(
            "payment_id", "invoice_id"
        )
    )
    by_hand = set(
        HistoryEntry.objects.filter(
            subject_kind="payment", subject_id__in=[payment.pk for payment, _ in pairs], kind=BY_HAND
        ).values_list("subject_id", flat=True)
    )
    made: list[PaymentAllocation] = []
    for payment, invoice in pairs:
        # What a person decided about a payment is not undone by a gateway that says the same again.
        if (payment.pk, invoice.pk) in there or payment.pk in by_hand:
            continue
        if payment.state != "succeeded" or invoice.state not in TAKES_MONEY:
            continue
        if payment.currency != invoice.currency:
            note_odd("payments.other_currency", payment=payment.reference, invoice=invoice.reference)
            continue
        left = payment.captured_minor - used.get(payment.pk, 0)
        due = invoice.total_minor - paid.get(invoice.pk, 0) if owed is None else owed[invoice.pk]
        amount = min(left, due)
        if amount <= 0:
            continue
        if owed is not None:
            owed[invoice.pk] -= amount
        made.append(PaymentAllocation(payment=payment, invoice=invoice, amount_minor=amount, created_at=now))
        there.add((payment.pk, invoice.pk))
        used[payment.pk] = used.get(payment.pk, 0) + amount
        paid[invoice.pk] = paid.get(invoice.pk, 0) + amount
    return PaymentAllocation.objects.bulk_create(made)
