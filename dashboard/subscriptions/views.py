"""Subscriptions: the list, and a subscription's own page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.subscriptions.listing import subscription_by_reference
from dashboard.access import who_may
from dashboard.lists.answer import list_view
from dashboard.subscriptions.page import context
from dashboard.subscriptions.screen import SUBSCRIPTIONS

index = list_view(SUBSCRIPTIONS)


@require_safe
@who_may("subscriptions.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    subscription = subscription_by_reference(reference)
    if subscription is None:
        raise Http404(f"There is no subscription {reference}.")
    return render(request, "dashboard/subscriptions/show.html", context(subscription, request.user))
