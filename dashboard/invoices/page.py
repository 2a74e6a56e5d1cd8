"""Everything that an invoice's page shows, collected: the document, what was paid on it, and why."""

from typing import Any

from django.db.models import Q

from billing.history.queries import timeline_of
from billing.invoices.models import CreditNote, Invoice
from billing.invoices.queries import (
    credit_notes_of,
    lines_of,
    open_amount,
    tax_groups,
)
from billing.ledger.models import Posting
from billing.payments.queries import method_words
from dashboard.actions.related import booked, link, list_link
from dashboard.actions.timeline import Said, moments, register
from dashboard.invoices.explaining import evidence_of
from dashboard.invoices.facts import document, facts
from dashboard.invoices.giving_up import write_off_action
from dashboard.invoices.noticing import notices
from dashboard.invoices.offering import collecting_actions, invoice_actions
from dashboard.invoices.papers import paper_actions
from dashboard.invoices.refunding import refund_actions
from dashboard.invoices.standing import bill_to, refunds_of, settled, waiting_for
from dashboard.invoices.tables import state_to_show
from dashboard.invoices.why import because
from dashboard.invoices.wording import (
    period_words,
    quantity_words,
    rate_words,
    unit_words,
    words,
)
from dashboard.lists.names import name_of
from dashboard.parts.entries import Moment
from dashboard.queues.offers import work_actions, work_notices

#: Lines of the page that stand in full; further ones are named by their number.
MOST = 50

register(
    "invoice",
    "credited",
    lambda entry: Said(
        f"{words(entry.amount_minor, entry.currency)} was credited" if entry.amount_minor else "Credited",
        "receipt-off",
    ),
)


register("invoice", "reissued", lambda entry: Said("Credited and issued anew", "replace"))


def context(invoice: Any, user: Any) -> dict[str, Any]:
    """Everything the page shows; as many queries for one line as for a hundred."""
    lines = lines_of(invoice)
    notes = credit_notes_of(invoice)
    paid = list(invoice.allocations.select_related("payment").order_by("created_at", "pk")[:MOST])
    refunds = refunds_of(paid)
    customer = invoice.customer
    return {
        "invoice": invoice,
        "shown_state": state_to_show(invoice),
        "name": name_of(customer),
        "customer_url": link("customers:show", customer.reference, user, "customers.view"),
        "facts": facts(invoice, user),
        "actions": [
            *collecting_actions(invoice, user),
            *paper_actions(invoice, user),
            *refund_actions(invoice, paid, user),
            *invoice_actions(invoice, user),
            *write_off_action(invoice, user),
            *work_actions(user, "invoice", invoice.reference),
        ],
        "notices": [*notices(invoice), *work_notices("invoice", invoice.pk)],
        "document": document(invoice),
        "bill_to": bill_to(invoice),
        "evidence": evidence_of(invoice),
        "pending": waiting_for(invoice),
        "lines": [
            {
                "line": line,
                "quantity": quantity_words(line.quantity),
                "unit": unit_words(line.unit_amount_minor, invoice.currency)
                if line.unit_amount_minor is not None
                else "",
                "period": period_words(line),
                "rate": rate_words(line.tax_rate),
                "why": because(line, invoice, user),
            }
            for line in lines[: 4 * MOST]
        ],
        "more_lines": max(0, len(lines) - 4 * MOST),
        "groups": [(rate_words(group.rate), group) for group in tax_groups(lines, invoice.currency)],
        "settled": settled(invoice, paid, notes),
        "owed": open_amount(invoice) if invoice.state != "draft" else None,
        "paid": [
            (
                each,
                link("payments:show", each.payment.reference, user, "payments.view"),
                method_words(each.payment),
            )
            for each in paid
        ],
        "payments_url": list_link("payments:index", customer=customer.reference),
        "notes": [
            (
                note,
                note.reason.replace("_", " ").capitalize(),
                link("credit_notes:show", note.reference, user, "invoices.view"),
            )
            for note in notes
        ],
        "refunds": [
            (refund, link("refunds:show", refund.reference, user, "refunds.view")) for refund in refunds
        ],
        "refunds_url": list_link("refunds:index", customer=customer.reference),
        "postings": booked(
            Posting.objects.filter(
                Q(subject_kind="invoice", subject_id=invoice.pk)
                | Q(subject_kind="creditnote", subject_id__in=[note.pk for note in notes])
            )
        ),
        "ledger_of": "debits and credits of this invoice and its credit notes",
        "entries": story(invoice, notes),
    }


def story(invoice: Invoice, notes: list[CreditNote]) -> list[Moment]:
    """What happened to the invoice and its credit notes, newest first."""
    told = moments(timeline_of(invoice, also=notes))
    return told or [Moment("First seen", invoice.created_at, "circle-plus")]
