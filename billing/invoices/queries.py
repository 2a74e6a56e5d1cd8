"""Reading invoices: for lists, for their own page, what is still open on them and since when it is late."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from billing.invoices.models import NO_DAY, CreditNote, Invoice, InvoiceLine
from billing.ledger.accounts import Account
from billing.ledger.models import PostingLine
from billing.money import Money

CURRENCIES = """
WITH RECURSIVE found AS (
    (SELECT currency FROM billing_invoice ORDER BY currency LIMIT 1)
    UNION ALL
    SELECT (
        SELECT i.currency FROM billing_invoice i WHERE i.currency > found.currency ORDER BY i.currency LIMIT 1
    )
    FROM found WHERE found.currency IS NOT NULL
)
SELECT currency FROM found WHERE currency IS NOT NULL
"""

#: States in which something may still be owed.
OWED = frozenset({"open", "uncollectible"})


def invoices_for_list() -> QuerySet[Invoice]:
    """Invoices with their customer, `paid_minor` by payments that stand, and `credited_minor` of what was
    not paid yet, and `balance_minor` that the customer's balance paid."""
    # Payments stand floors above: the table is read, nothing of theirs is called.
    allocations = apps.get_model("billing", "PaymentAllocation").objects.filter(
        invoice=OuterRef("pk"), payment__state="succeeded"
    )
    notes = CreditNote.objects.filter(invoice=OuterRef("pk"), voided_at=None)
    return Invoice.objects.select_related("customer__identity").annotate(
        paid_minor=_sum_of(allocations, F("amount_minor")),
        credited_minor=_sum_of(notes, F("total_minor") - F("on_paid_minor")),
        balance_minor=Coalesce(Subquery(_from_balance()), 0),
    )


def _from_balance() -> QuerySet[Any]:
    """What the customer's balance has paid of an invoice, as the ledger has it: one figure."""
    lines = PostingLine.objects.filter(
        posting__subject_kind="invoice",
        posting__subject_id=OuterRef("pk"),
        posting__fact__startswith="store_credit.used",
        account=Account.RECEIVABLE,
    )
    return lines.order_by().values("posting__subject_id").annotate(minor=-Sum("amount_minor")).values("minor")


def _sum_of(rows: QuerySet[Any], what: Any) -> Coalesce:
    one = rows.order_by().values("invoice").annotate(minor=Sum(what)).values("minor")
    return Coalesce(Subquery(one), 0)


def invoice_by_reference(reference: str) -> Invoice | None:
    """An invoice with its customer, its subscription, what it corrects and its sums, or None."""
    rows = invoices_for_list().select_related("subscription", "corrects", "corrected_by")
    return rows.filter(reference=reference).first()


def open_amount(invoice: Any) -> Money:
    """What is still owed: total less what payments, balance and credit notes have taken off; zero once over.

    ``invoice`` comes from `invoices_for_list`.
    """
    if invoice.state not in OWED:
        return Money.zero(invoice.currency)
    left = invoice.total_minor - invoice.paid_minor - invoice.credited_minor - invoice.balance_minor
    return Money(max(0, left), invoice.currency)


def is_overdue(invoice: Invoice, today: date) -> bool:
    """Open, and its due day has passed."""
    return invoice.state == "open" and invoice.due_on is not None and invoice.due_on < today


def currencies_invoiced() -> list[str]:
    """Every currency that an invoice has; one step through an index for each."""
    with connection.cursor() as cursor:
        cursor.execute(CURRENCIES)
        return [code for (code,) in cursor.fetchall()]


def due_day() -> Coalesce:
    """The due day as the index has it: one that never comes where there is none."""
    return Coalesce(F("due_on"), Value(NO_DAY))


def overdue(today: date) -> Q:
    """The condition of `is_overdue`."""
    return Q(state="open") & Q(LessThan(due_day(), Value(today)))


def not_yet_due(today: date) -> Q:
    """Open, with its due day still to come, or without one."""
    return Q(state="open") & Q(GreaterThanOrEqual(due_day(), Value(today)))


def invoices_numbered(number: str) -> Q:
    """Invoices that bear this number, ours or a gateway's, or that a credit note of this number lowers."""
    notes = CreditNote.objects.filter(Q(number=number) | Q(foreign_number=number) | Q(reference=number))
    named = Invoice.objects.filter(Q(number=number) | Q(foreign_number=number) | Q(reference=number))
    return Q(pk__in=named.values("pk").union(notes.values("invoice_id")))


def lines_of(invoice: Invoice) -> list[InvoiceLine]:
    """The lines in their order, each with its price and tier: one query."""
    return list(invoice.lines.select_related("price__tier", "takes_back__invoice").order_by("position"))


def credit_notes_of(invoice: Invoice) -> list[CreditNote]:
    return list(invoice.credit_notes.order_by("issued_at", "pk"))


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """All lines of one rate; ``rate`` is in percent, None where no tax applies or none is told."""

    rate: Decimal | None
    net: Money
    tax: Money


def tax_groups(lines: Iterable[InvoiceLine], currency: str) -> list[TaxGroup]:
    """The sums of each rate, the highest rate first, what has none last."""
    sums: dict[Decimal | None, list[int]] = {}
    for line in lines:
        group = sums.setdefault(line.tax_rate, [0, 0])
        group[0] += line.net_minor
        group[1] += line.tax_minor
    order = sorted(sums, key=lambda rate: (rate is None, -(rate or 0)))
    return [TaxGroup(rate, Money(sums[rate][0], currency), Money(sums[rate][1], currency)) for rate in order]
