"""What a credit note's page says: the document, where its money went, its credits and its postings."""

from typing import Any

from django.urls import reverse

from billing.credits.models import CreditEntry
from billing.history.queries import timeline_of
from billing.invoices.models import CreditNote
from billing.ledger.models import Posting
from billing.money import Money
from billing.payments.queries import gateway_name
from dashboard.actions.offers import offer
from dashboard.actions.related import booked, link
from dashboard.actions.timeline import Said, moments, register
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Fact, Moment
from dashboard.parts.viewer import current_locale
from reports.documents.credit_note import paper_of_note

register("creditnote", "issued", lambda entry: Said("Issued", "file-invoice"))


def context(note: CreditNote, user: Any) -> dict[str, Any]:
    """Everything the page shows; as many queries for one line as for a hundred."""
    customer = note.customer
    clawed = CreditEntry.objects.filter(
        subject_kind="creditnote", subject_id=note.pk, movement="clawback"
    ).select_related("account")
    return {
        "note": note,
        "paper": paper_of_note(note, locale=current_locale(), language="en"),
        "name": name_of(customer),
        "customer_url": link("customers:show", customer.reference, user, "customers.view"),
        "facts": facts(note, user),
        "actions": actions(note, user),
        "notices": [],
        "refunds": [
            (refund, link("refunds:show", refund.reference, user, "refunds.view"))
            for refund in note.refunds.order_by("-pk")[:20]
        ],
        "clawed": [(entry.account.get_unit_display(), -entry.amount) for entry in clawed.order_by("pk")],
        "postings": booked(Posting.objects.filter(subject_kind="creditnote", subject_id=note.pk)),
        "ledger_of": "debits and credits of this credit note",
        "entries": moments(timeline_of(note)) or [Moment("Issued", note.issued_at, "file-invoice")],
    }


def facts(note: CreditNote, user: Any) -> list[Fact]:
    rows = [
        Fact(
            "Credits invoice",
            note.invoice.label,
            url=link("invoices:show", note.invoice.reference, user, "invoices.view"),
        ),
        Fact("Net", Money(note.net_minor, note.currency)),
        Fact("Tax", Money(note.tax_minor, note.currency)),
        Fact("Of what was paid", Money(note.on_paid_minor, note.currency)),
        Fact("Issued", note.issued_at),
        Fact("Issued by", issuer(note)),
    ]
    return rows


def issuer(note: CreditNote) -> str:
    if note.gateway:
        return f"{gateway_name(note.gateway)}, its own series"
    return note.issued_by_name or "Us"


def actions(note: CreditNote, user: Any) -> list[Action]:
    if note.gateway:
        return []
    return [
        Action("PDF", reverse("credit_notes:pdf", args=[note.reference]), icon="download", method="page"),
        *offer(
            user,
            "Open the invoice",
            "invoices:show",
            [note.invoice.reference],
            permission="invoices.view",
            icon="file-invoice",
            method="page",
        ),
    ]
