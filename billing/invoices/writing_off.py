"""Writing off what a gateway holds to be uncollectible, and taking that back."""

from collections.abc import Iterable
from datetime import datetime

from django.apps import apps
from django.db import transaction
from django.db.models import F, QuerySet, Sum

from billing.history.actors import Actor
from billing.invoices.models import CreditNote, Invoice
from billing.ledger import rules
from billing.ledger.models import Posting, PostingLine
from billing.ledger.services import Entry, count_posted, reverse
from billing.logs import add_facts, service
from billing.money import Money

FACT = "invoice.written_off"


@service("invoices")
@transaction.atomic
def write_off_uncollectible(invoices: Iterable[Invoice], *, actor: Actor, now: datetime) -> int:
    """Makes the ledger say of a gateway's invoices what is lost: all that is still open on one that is
    uncollectible, nothing on any other. Gives how many postings were written.

    One that is paid, void or open again has its write-off reversed, so that a payment settles what it owes.
    No revenue of a gateway's invoices is recognised yet: its net, less what credit notes have taken, is all
    unrendered, and only the rest is bad debt.
    """
    ids = [invoice.pk for invoice in invoices]
    rows = list(Invoice.objects.select_for_update().filter(pk__in=ids).exclude(gateway="").order_by("pk"))
    before: dict[int, list[Posting]] = {}
    written_off = Posting.objects.filter(subject_kind="invoice", subject_id__in=ids, fact=FACT)
    for posting in written_off.select_related("reversed_by").prefetch_related("lines").order_by("id"):
        before.setdefault(posting.subject_id or 0, []).append(posting)
    lost = _lost([row for row in rows if row.state == "uncollectible"])
    entries = []
    written = 0
    for row in rows:
        earlier = before.get(row.pk, [])
        live = next((each for each in earlier if not hasattr(each, "reversed_by")), None)
        amount = lost.get(row.pk, (0, 0))
        if live is not None and _amount(live) != amount[0]:
            cause = f"{FACT}.reversed:{live.cause.partition(':')[2]}"
            written += reverse(live, cause=cause, actor=actor, now=now) is not None
            live = None
        if live is None and amount[0]:
            entries.append(_entry(row, *amount, times_before=len(earlier)))
    written += count_posted(entries, actor=actor, now=now) if entries else 0
    add_facts(written=written)
    return written


def open_on(invoice: Invoice) -> int:
    """What is open on an issued invoice, written off or not, in minor units: its total less what payments,
    the customer's balance and credit notes have taken off. Three queries."""
    return _lost([invoice])[invoice.pk][0]


def _entry(row: Invoice, open_minor: int, unrendered_minor: int, *, times_before: int) -> Entry:
    """A write-off after one that was taken back is another fact, and is numbered."""
    draft = rules.write_off(
        f"{row.reference}:{times_before + 1}" if times_before else row.reference,
        amount=Money(open_minor, row.currency),
        unrendered=Money(unrendered_minor, row.currency),
    )
    return Entry(draft, row.customer_id, row, row.uncollectible_at)


def _amount(posting: Posting) -> int:
    return -sum(line.amount_minor for line in posting.lines.all() if line.account == "receivable")


def _lost(rows: Iterable[Invoice]) -> dict[int, tuple[int, int]]:
    """Of each: what is still open, and what of its net is still deferred."""
    found = {row.pk: row for row in rows}
    # Payments stand a floor above: the table is read, nothing of theirs is called.
    allocations = apps.get_model("billing", "PaymentAllocation").objects.filter(
        invoice__in=found, payment__state="succeeded"
    )
    paid = _sums(allocations, "invoice_id", Sum("amount_minor"))
    notes = CreditNote.objects.filter(invoice__in=found, voided_at=None)
    credited = _sums(notes, "invoice_id", Sum(F("total_minor") - F("on_paid_minor")))
    net_credited = _sums(notes, "invoice_id", Sum("net_minor"))
    lines = PostingLine.objects.filter(
        posting__subject_kind="invoice", posting__subject_id__in=found, account="receivable"
    ).exclude(posting__fact__startswith="invoice.")
    otherwise = _sums(lines, "posting__subject_id", Sum("amount_minor"))
    return {
        pk: (
            max(0, row.total_minor - paid.get(pk, 0) - credited.get(pk, 0) + otherwise.get(pk, 0)),
            max(0, row.net_minor - net_credited.get(pk, 0)),
        )
        for pk, row in found.items()
    }


def _sums(rows: QuerySet, by: str, what: Sum) -> dict[int, int]:
    return dict(rows.order_by().values_list(by).annotate(minor=what))
