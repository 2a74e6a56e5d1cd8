"""An invoice's document: ours as a PDF, a draft's with a watermark; a gateway's stands at the gateway."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from billing.errors import Refused
from billing.invoices.models import Invoice
from billing.invoices.queries import invoice_by_reference
from billing.payments.queries import gateway_name
from dashboard.access import who_may
from dashboard.actions.documents import as_answer
from dashboard.actions.offers import offer
from dashboard.parts.entries import Action
from reports.documents.invoice import paper_of_invoice

STRIPE = "api.stripe.com"


@require_safe
@who_may("invoices.view")
def pdf(request: HttpRequest, reference: str) -> HttpResponse:
    """The paper in the customer's language; for one of a gateway, where its document is."""
    invoice = invoice_by_reference(reference)
    if invoice is None:
        raise Http404(f"There is no invoice {reference}.")
    try:
        return as_answer(paper_of_invoice(invoice))
    except Refused as refusal:  # quiet: the page that follows says it
        known = {
            "invoice": invoice,
            "gateway": gateway_name(invoice.gateway) if invoice.gateway else "",
            "sentence": refusal.sentence,
            "elsewhere": page_at_gateway(invoice),
            "back": reverse("invoices:show", args=[invoice.reference]),
        }
        return render(request, "dashboard/invoices/elsewhere.html", known, status=409)


def page_at_gateway(invoice: Invoice) -> str:
    """Where the gateway shows the invoice to us; empty where it has no such page."""
    if invoice.gateway != "stripe" or urlsplit(settings.STRIPE_API_BASE).hostname != STRIPE:
        return ""
    mode = "test/" if "_test_" in settings.STRIPE_API_KEY else ""
    return f"https://dashboard.stripe.com/{mode}invoices/{invoice.gateway_id}"


def paper_actions(invoice: Invoice, user: object) -> list[Action]:
    """The document, named as what it is."""
    if invoice.gateway:
        there = page_at_gateway(invoice)
        label = f"Open at {gateway_name(invoice.gateway)}"
        return [Action(label, there, icon="external-link", method="page")] if there else []
    label = "Preview" if invoice.state == "draft" else "PDF"
    return offer(
        user,
        label,
        "invoices:pdf",
        [invoice.reference],
        permission="invoices.view",
        icon="file-text" if invoice.state == "draft" else "download",
        method="page",
    )
