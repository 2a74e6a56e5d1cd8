"""Sending an invoice to its customer by mail, its PDF with it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.invoices.queries import invoice_by_reference
from billing.invoices.telling import KIND, facts_of, send_invoice
from billing.messages.composing import preview
from billing.messages.models import Message
from billing.money import Money
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.actions.letters import language_name, letter_of
from dashboard.actions.related import link
from dashboard.invoices.forms import SendForm
from dashboard.invoices.offering import refusals
from dashboard.lists.names import name_of
from dashboard.parts.entries import Effect, Letter, Notice
from dashboard.staff.actors import actor_of


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("messages.resend")
def send(request: HttpRequest, reference: str) -> HttpResponse:
    """The letter as it would arrive, and sending it; as often as somebody asks."""
    invoice = invoice_by_reference(reference)
    if invoice is None:
        raise Http404(f"There is no invoice {reference}.")
    refusal = refusals(invoice)["send"]
    return act(
        request,
        template="dashboard/invoices/act.html",
        form=SendForm,
        effects=lambda form: [] if refusal else effects(invoice, form),
        primary=lambda form: "Send the invoice",
        perform=lambda form, key: send_invoice(
            invoice_id=invoice.pk,
            note=form.cleaned_data["note"],
            actor=actor_of(request.user),
            form_key=key,
            now=timezone.now(),
        ),
        done=_sent,
        back=reverse("invoices:show", args=[invoice.reference]),
        context={
            "invoice": invoice,
            "total": Money(invoice.total_minor, invoice.currency),
            "name": name_of(invoice.customer),
            "title": "Send the invoice",
            "refusal": refusal,
        },
    )


def effects(invoice: Any, form: Any) -> list[Effect | Notice | Letter]:
    told = preview(KIND, invoice.customer, facts_of(invoice, form.cleaned_data.get("note", "")))
    if told.why_not:
        return [Notice("The customer will not be written to", told.why_not, "look", "mail"), letter_of(told)]
    return [
        Effect(f"{told.address} is written to in {language_name(told.language)}", "Within seconds.", "mail"),
        Effect(f"{invoice.label}.pdf goes along", "As the invoice stands when it is sent.", "download"),
        letter_of(told),
    ]


def _sent(made: Message) -> Done:
    url = link("messages:show", made.reference)
    if made.state == "canceled":
        return Done(f"{made.reference} was not sent", made.why_not, url=url, tone="wait", go=True)
    return Done(f"{made.reference} is on its way", "With the PDF.", url=url, go=True)
