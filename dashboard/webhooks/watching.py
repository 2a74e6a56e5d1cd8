"""How the endpoints are doing, and a test event that is watched from the sandbox to the books."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing.webhooks.testing import send_test_event
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.staff.actors import actor_of
from dashboard.webhooks import endpoints
from dashboard.webhooks.forms import TestForm


@require_safe
@who_may("webhooks.view")
def index(request: HttpRequest) -> HttpResponse:
    """Every endpoint with what it heard of late."""
    found = endpoints.context(request.user, timezone.now())
    as_table = request.GET.get("table") == "hours"
    return render(request, "dashboard/webhooks/endpoints.html", {**found, "as_table": as_table})


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("webhooks.test")
def test(request: HttpRequest) -> HttpResponse:
    """Has the sandbox send a message to this desk."""
    back = reverse("webhooks:endpoints")

    def done(made: Any) -> Done:
        return Done("The sandbox sends a test event", url=reverse("webhooks:watch", args=[made.pk]), go=True)

    return act(
        request,
        template="dashboard/webhooks/test.html",
        form=TestForm,
        primary=lambda form: "Send it",
        perform=lambda form, key: send_test_event(actor=actor_of(request.user), key=key, now=timezone.now()),
        done=done,
        back=back,
    )


@require_safe
@who_may("webhooks.view")
def watch(request: HttpRequest, event_id: str) -> HttpResponse:
    """How far a test event has come; the page follows it until it is done."""
    found = endpoints.watched(event_id, timezone.now())
    if not found["known"]:
        raise Http404(f"The sandbox sent no event {event_id}.")
    return render(request, "dashboard/webhooks/watch.html", found)
