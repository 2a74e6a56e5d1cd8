"""Invoices: the list, and an invoice's own page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.invoices.queries import invoice_by_reference
from dashboard.access import who_may
from dashboard.invoices.page import context
from dashboard.invoices.screen import INVOICES
from dashboard.lists.answer import list_view

index = list_view(INVOICES)


@require_safe
@who_may("invoices.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    invoice = invoice_by_reference(reference)
    if invoice is None:
        raise Http404(f"There is no invoice {reference}.")
    return render(request, "dashboard/invoices/show.html", context(invoice, request.user))
