"""The dialog that says which invoices a payment pays: what would happen, told while it is typed."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.invoices.models import Invoice
from billing.money import Money
from billing.payments.allocating import allocate_payment
from billing.payments.models import Payment
from billing.payments.owed import bounds_of, candidates
from billing.payments.queries import payment_by_reference
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.actions.fields import MoneyField, ReasonField
from dashboard.lists.names import name_of
from dashboard.parts.entries import Effect, Notice
from dashboard.staff.actors import actor_of

Row = tuple[Invoice, int, int]


class AllocateForm(forms.Form):
    """One amount for each invoice that the payment pays or could pay; empty stands for nothing."""

    def __init__(self, data: Any = None, *, rows: list[Row], currency: str) -> None:
        super().__init__(data)
        for invoice, share, owed in rows:
            self.fields[f"to_{invoice.pk}"] = MoneyField(
                currency=currency,
                label=f"{invoice.label}, {Money(share + owed, currency)} at most",
                required=False,
                initial=Money(share, currency) if share else None,
            )
        self.fields["reason"] = ReasonField("Reason")

    def shares(self, rows: list[Row]) -> dict[int, int]:
        """Minor units by invoice, as far as the form is valid."""
        known = {invoice.pk: self.cleaned_data.get(f"to_{invoice.pk}") for invoice, _, _ in rows}
        return {pk: money.minor if money else 0 for pk, money in known.items()}


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("payments.allocate")
def allocate(request: HttpRequest, reference: str) -> HttpResponse:
    """Applies a payment to invoices, takes it off, moves it or splits it."""
    payment = payment_by_reference(reference)
    if payment is None:
        raise Http404(f"There is no payment {reference}.")
    here = reverse("payments:show", args=[payment.reference])
    rows = candidates(payment)
    return act(
        request,
        template="dashboard/payments/allocate.html",
        form=lambda data: AllocateForm(data, rows=rows, currency=payment.currency),
        effects=lambda form: effects(form, payment, rows),
        primary=lambda form: "Apply as entered",
        perform=lambda form, key: allocate_payment(
            payment_id=payment.pk,
            shares=form.shares(rows),
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            form_key=key,
            now=timezone.now(),
        ),
        done=lambda made: Done(f"{made.reference} is applied as entered", url=here, go=True),
        back=here,
        context={"payment": payment, "name": name_of(payment.customer), "rows": rows},
    )


def effects(form: AllocateForm, payment: Payment, rows: list[Row]) -> list[Effect | Notice]:
    """Each invoice whose share changes, and what stays on the customer's balance."""
    shares, told = form.shares(rows), list[Effect | Notice]()
    for invoice, share, owed in rows:
        new = shares[invoice.pk]
        if new == share:
            continue
        left = share + owed - new
        before, after = Money(share, payment.currency), Money(new, payment.currency)
        if left < 0:
            over = Money(-left, payment.currency)
            told.append(Notice(f"{invoice.label}: {over} more than is owed on it", "Enter less.", "bad"))
            continue
        told.append(Effect(f"{invoice.label}: {before} → {after}", _becomes(invoice, left), "receipt"))
    if not told:
        return [Effect("Nothing changes yet", "Enter what each invoice gets of this payment.", "receipt")]
    bounds = bounds_of(payment)
    free = bounds.most - bounds.allocated - sum(shares[i.pk] - share for i, share, _ in rows)
    if free < 0:
        over = Money(-free, payment.currency)
        return [*told, Notice(f"{over} more than the payment has", "Enter less on one of them.", "bad")]
    if free:
        words = "The customer's to spend; it can be refunded from the payment's page."
        told.append(Effect(f"{Money(free, payment.currency)} on the customer's balance", words, "wallet"))
    return told


def _becomes(invoice: Invoice, left: int) -> str:
    owed = f"{Money(left, invoice.currency)} stays open." if left else "Nothing stays open."
    if invoice.gateway:
        return f"{owed} Its state is the gateway's to tell; it is not told of this."
    return owed
