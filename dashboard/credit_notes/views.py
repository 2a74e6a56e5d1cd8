"""Credit notes: the list, a note's page, and its paper as a PDF."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.invoices.models import CreditNote
from dashboard.access import who_may
from dashboard.actions.documents import as_answer
from dashboard.credit_notes.page import context
from dashboard.credit_notes.screen import CREDIT_NOTES
from dashboard.lists.answer import list_view
from reports.documents.credit_note import paper_of_note

index = list_view(CREDIT_NOTES)


def _note(reference: str) -> CreditNote:
    rows = CreditNote.objects.select_related(
        "invoice__subscription", "invoice__customer", "customer__identity"
    )
    note = rows.filter(reference=reference).first()
    if note is None:
        raise Http404(f"There is no credit note {reference}.")
    return note


@require_safe
@who_may("invoices.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    return render(request, "dashboard/credit_notes/show.html", context(_note(reference), request.user))


@require_safe
@who_may("invoices.view")
def pdf(request: HttpRequest, reference: str) -> HttpResponse:
    """The paper, for one of ours; a gateway's is in its own series, and its PDF is there."""
    note = _note(reference)
    if note.gateway:
        raise Http404(f"{note.label} was issued at the gateway: its PDF is there.")
    return as_answer(paper_of_note(note))
