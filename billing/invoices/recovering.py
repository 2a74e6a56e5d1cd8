"""What was written off of invoices of ours: recovered by payments, lessened by credit notes."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet, Sum

from billing.history.actors import Actor
from billing.history.services import record
from billing.invoices.models import Invoice
from billing.ledger import rules
from billing.ledger.models import Posting, PostingLine
from billing.ledger.services import post
from billing.money import Money

__all__ = ["lessen", "recover", "recoverable_on", "written_off_deferred"]

FACTS = (
    "invoice.written_off",
    "invoice.written_off.reversed",
    "invoice.recovered",
    "invoice.write_off_lessened",
)


def recoverable_on(invoice_ids: Iterable[int]) -> dict[int, int]:
    """What is still written off of each, in minor units: what neither a payment nor a credit note has taken
    back. Nothing for one that was never written off. One query."""
    ids = list(invoice_ids)
    if not ids:
        return {}
    rows = _lines(ids, "receivable").values_list("posting__subject_id")
    return {pk: -minor for pk, minor in rows.annotate(Sum("amount_minor")) if minor < 0}


def written_off_deferred(invoice_id: int) -> int:
    """What write-offs have taken out of an invoice's deferred revenue. Minor units."""
    return _lines([invoice_id], "deferred_revenue").aggregate(sum=Sum("amount_minor"))["sum"] or 0


def _lines(ids: list[int], account: str) -> QuerySet[PostingLine]:
    return PostingLine.objects.filter(
        posting__subject_kind="invoice",
        posting__subject_id__in=ids,
        posting__fact__in=FACTS,
        account=account,
    ).order_by()


def recover(invoice: Invoice, amount: Money, *, by: str, actor: Actor, now: datetime) -> None:
    """Books that so much of what was written off has come after all; ``by`` is the payment's reference.

    The invoice, locked by the caller, owes it again, so that the payment settles it: together they say that
    the money is bad debt recovered. Once for each payment and each time that it comes.
    """
    times = Posting.objects.filter(subject_kind="invoice", subject_id=invoice.pk, fact="invoice.recovered")
    number = times.count() + 1
    draft = rules.recovered(f"{invoice.reference}:{by}:{number}", amount=amount)
    post(draft, actor=actor, now=now, customer_id=invoice.customer_id, subject=invoice)
    record(invoice, "recovered", actor=actor, now=now, money=amount, payment=by)


def lessen(invoice: Invoice, amount: Money, *, by: str, actor: Actor, now: datetime) -> None:
    """Takes so much of a write-off back, because a credit note, whose reference is ``by``, says that it was
    never owed: the note then lowers what is owed as it does on any other invoice."""
    draft = rules.write_off_lessened(f"{invoice.reference}:{by}", amount=amount)
    post(draft, actor=actor, now=now, customer_id=invoice.customer_id, subject=invoice)
