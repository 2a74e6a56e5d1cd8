"""Webhook events: the log, and an event's own page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.webhooks.listing import event_by_pk
from dashboard.access import who_may
from dashboard.lists.answer import list_view
from dashboard.webhooks.page import context
from dashboard.webhooks.screen import EVENTS

index = list_view(EVENTS)


@require_safe
@who_may("webhooks.view")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    event = event_by_pk(pk) if pk < 2**63 else None
    if event is None:
        raise Http404(f"There is no webhook event {pk}.")
    return render(request, "dashboard/webhooks/show.html", context(event, request.user, request.GET))
