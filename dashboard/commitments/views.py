"""Commitments: the list and a commitment's own page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.subscriptions.commitments.models import Commitment
from billing.subscriptions.commitments.queries import commitment_by_reference
from dashboard.access import who_may
from dashboard.commitments.page import context
from dashboard.commitments.screen import COMMITMENTS
from dashboard.lists.answer import list_view

index = list_view(COMMITMENTS)


@require_safe
@who_may("commitments.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    commitment = commitment_or_404(reference)
    return render(request, "dashboard/commitments/show.html", context(commitment, request.user))


def commitment_or_404(reference: str) -> Commitment:
    found = commitment_by_reference(reference)
    if found is None:
        raise Http404(f"There is no commitment {reference}.")
    return found
