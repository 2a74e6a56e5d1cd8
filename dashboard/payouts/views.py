"""Payouts: the list, and a payout's own page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.payouts.queries import payout_by_reference
from dashboard.access import who_may
from dashboard.lists.answer import list_view
from dashboard.payouts.page import context
from dashboard.payouts.screen import PAYOUTS

index = list_view(PAYOUTS)


@require_safe
@who_may("payouts.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    payout = payout_by_reference(reference)
    if payout is None:
        raise Http404(f"There is no payout {reference}.")
    return render(request, "dashboard/payouts/show.html", context(payout))
