"""Outages: the list, the list of what each customer gets, and an outage's own page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.incidents.models import Incident
from billing.incidents.queries import incident_by_reference
from dashboard.access import who_may
from dashboard.incidents.page import context
from dashboard.incidents.screen import CREDITS, INCIDENTS
from dashboard.lists.answer import list_view

index = list_view(INCIDENTS)
credits = list_view(CREDITS)


@require_safe
@who_may("credits.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    incident = incident_or_404(reference)
    return render(request, "dashboard/incidents/show.html", context(incident, request.user))


def incident_or_404(reference: str) -> Incident:
    found = incident_by_reference(reference)
    if found is None:
        raise Http404(f"There is no incident {reference}.")
    return found
