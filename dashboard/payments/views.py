"""Payments: the list, and a payment's own page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.payments.queries import payment_by_reference
from dashboard.access import who_may
from dashboard.lists.answer import list_view
from dashboard.payments.page import page_context
from dashboard.payments.screen import PAYMENTS

index = list_view(PAYMENTS)


@require_safe
@who_may("payments.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    payment = payment_by_reference(reference)
    if payment is None:
        raise Http404(f"There is no payment {reference}.")
    return render(request, "dashboard/payments/show.html", page_context(payment, request.user))
