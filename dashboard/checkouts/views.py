"""Checkouts: the list, and a checkout's own page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.checkouts.queries import checkout_by_reference
from dashboard.access import who_may
from dashboard.checkouts.page import context
from dashboard.checkouts.screen import CHECKOUTS
from dashboard.lists.answer import list_view

index = list_view(CHECKOUTS)


@require_safe
@who_may("payments.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    session = checkout_by_reference(reference)
    if session is None:
        raise Http404(f"There is no checkout {reference}.")
    return render(request, "dashboard/checkouts/show.html", context(session, request.user))
