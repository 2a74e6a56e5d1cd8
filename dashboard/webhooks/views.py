"""Webhook events: the log, an event's own page, doing it again, leaving it undone."""

from functools import cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing.webhooks import services
from billing.webhooks.listing import event_by_pk
from billing.webhooks.models import WebhookEvent
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.lists.answer import list_view
from dashboard.staff.actors import actor_of
from dashboard.webhooks.forms import IgnoreForm, ReplayForm
from dashboard.webhooks.offers import ignore_refusal, replay_refusal
from dashboard.webhooks.page import context
from dashboard.webhooks.screen import EVENTS
from dashboard.webhooks.tables import address
from dashboard.webhooks.trial import Trial, told

index = list_view(EVENTS)


def _event(pk: int) -> WebhookEvent:
    event = event_by_pk(pk) if pk < 2**63 else None
    if event is None:
        raise Http404(f"There is no webhook event {pk}.")
    return event


@require_safe
@who_may("webhooks.view")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    found = context(_event(pk), request.user, request.GET)
    return render(request, "dashboard/webhooks/show.html", found)


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("webhooks.replay")
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows what doing it again would change, by doing it on trial; then has it done."""
    event = _event(pk)
    refusal = replay_refusal(event)

    @cache
    def trial() -> Trial:
        # Only when the form is shown: a gateway may be asked.
        found = services.dry_run(event=event, actor=actor_of(request.user), now=timezone.now())
        return told(found, request.user)

    return act(
        request,
        template="dashboard/webhooks/replay.html",
        form=ReplayForm,
        primary=lambda form: "Replay for real",
        perform=lambda form, key: services.replay(
            event=event,
            actor=actor_of(request.user),
            reason=form.cleaned_data["reason"],
            key=key,
            now=timezone.now(),
        ),
        done=lambda made: Done(
            "It is being done again",
            "This page follows it until it is done.",
            url=address(made),
            go=True,
        ),
        back=address(event),
        context={"event": event, "refusal": refusal, "trial": None if refusal else trial},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("webhooks.replay")
def ignore(request: HttpRequest, pk: int) -> HttpResponse:
    """Leaves an event undone, with a reason."""
    event = _event(pk)
    return act(
        request,
        template="dashboard/webhooks/ignore.html",
        form=IgnoreForm,
        primary=lambda form: "Ignore it",
        perform=lambda form, key: services.ignore(
            event=event,
            actor=actor_of(request.user),
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        ),
        done=lambda made: Done("It is ignored", "A replay takes that back.", url=address(made), go=True),
        back=reverse("webhooks:show", args=[event.pk]),
        context={"event": event, "refusal": ignore_refusal(event)},
    )
