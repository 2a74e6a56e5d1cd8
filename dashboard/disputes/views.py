"""Disputes: the list, and a dispute's own page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.disputes.queries import dispute_by_reference
from dashboard.access import who_may
from dashboard.disputes.page import context
from dashboard.disputes.screen import DISPUTES
from dashboard.lists.answer import list_view

index = list_view(DISPUTES)


@require_safe
@who_may("disputes.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    dispute = dispute_by_reference(reference)
    if dispute is None:
        raise Http404(f"There is no dispute {reference}.")
    return render(request, "dashboard/disputes/show.html", context(dispute, request.user))
