"""Charging an invoice now, and asking what became of a payment that nobody told of."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.invoices.models import Invoice
from billing.invoices.queries import invoice_by_reference
from billing.money import Money
from billing.payments.charging import collect_invoice
from billing.payments.models import Payment, PaymentMethod
from billing.payments.owed import owed_on
from billing.payments.promising import live_payments, methods_to_charge, why_not
from billing.payments.queries import gateway_name, method_label, payment_by_reference
from billing.payments.unknown import look_up_payment
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.lists.names import name_of
from dashboard.parts.entries import Effect, Notice
from dashboard.staff.actors import actor_of


class ChargeForm(forms.Form):
    """With what: one of the methods on file, the default first."""

    method = forms.ChoiceField(label="Charge to")

    def __init__(self, data: Any = None, *, methods: list[PaymentMethod]) -> None:
        super().__init__(data)
        field = self.fields["method"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(each.pk), method_label(each)) for each in methods]
        if methods:
            field.initial = str(methods[0].pk)


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("payments.charge")
def charge(request: HttpRequest, reference: str) -> HttpResponse:
    """Charges what is owed on an open invoice to a method on file, and tells what came of it."""
    invoice = invoice_by_reference(reference)
    if invoice is None:
        raise Http404(f"There is no invoice {reference}.")
    methods = methods_to_charge(invoice.customer_id)
    owed = Money(max(0, owed_on([invoice.pk])[invoice.pk]), invoice.currency)
    return act(
        request,
        template="dashboard/payments/charge.html",
        form=lambda data: ChargeForm(data, methods=methods),
        effects=lambda form: effects(form, invoice, methods, owed),
        primary=lambda form: f"Charge {owed}",
        perform=lambda form, key: collect_invoice(
            invoice_id=invoice.pk,
            method_id=int(form.cleaned_data["method"]),
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        done=_charged,
        back=reverse("invoices:show", args=[invoice.reference]),
        context={"invoice": invoice, "name": name_of(invoice.customer), "owed": owed, "methods": methods},
    )


def effects(
    form: ChargeForm, invoice: Invoice, methods: list[PaymentMethod], owed: Money
) -> list[Effect | Notice]:
    """What pressing the button does, or why nothing can be charged."""
    live = live_payments([invoice.pk]).get(invoice.pk)
    if no := why_not(invoice, live, owed.minor):
        return [Notice("It cannot be charged now", no.sentence, "bad")]
    if not methods:
        return [
            Notice(
                "No payment method on file",
                "Make a payment link instead: the customer then pays on a page of the gateway's.",
                "look",
            )
        ]
    chosen = str(form.cleaned_data.get("method", ""))
    method = next((each for each in methods if str(each.pk) == chosen), methods[0])
    return [
        Effect(f"{owed} is charged to {method_label(method)}", gateway_name(method.gateway), "credit-card"),
        Effect(f"{invoice.label} becomes paid", "As soon as the gateway says so.", "receipt"),
        Effect("Nothing is charged twice", "While its outcome is open, nobody else can charge it.", "lock"),
    ]


def _charged(payment: Payment) -> Done:
    amount = Money(payment.amount_minor, payment.currency)
    said = {
        "succeeded": (f"{amount} was charged", "", "ok"),
        "failed": (f"{amount} was declined", payment.failure_message, "bad"),
        "unknown": (
            "Nobody knows yet whether it went through",
            "The gateway did not answer. It is asked by itself; nothing is charged again before.",
            "wait",
        ),
        "canceled": ("Nothing was charged", payment.failure_message, "bad"),
    }
    sentence, detail, tone = said.get(
        payment.state, (f"{amount} is on its way", "The bank or the customer has to confirm it.", "wait")
    )
    url = reverse("payments:show", args=[payment.reference])
    return Done(sentence, detail, url=url, link="Open the payment", tone=tone, go=True)


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("payments.charge")
def look_up(request: HttpRequest, reference: str) -> HttpResponse:
    """Asks the gateway now what became of a payment."""
    payment = payment_by_reference(reference)
    if payment is None:
        raise Http404(f"There is no payment {reference}.")
    here = reverse("payments:show", args=[payment.reference])
    return act(
        request,
        template="dashboard/payments/look_up.html",
        form=forms.Form,
        primary=lambda form: f"Ask {gateway_name(payment.gateway)}",
        perform=lambda form, key: look_up_payment(
            payment_id=payment.pk, actor=actor_of(request.user), now=timezone.now()
        ),
        done=lambda found: Done(_found(found), url=here, tone="wait" if found.is_live else "ok", go=True),
        back=here,
        context={"payment": payment, "gateway": gateway_name(payment.gateway)},
    )


def _found(payment: Payment) -> str:
    if payment.is_live and payment.state == "unknown":
        return "The gateway has not heard of it yet; it is asked again"
    return f"The gateway says: {payment.get_state_display().lower()}"
