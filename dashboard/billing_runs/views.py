"""Billing runs: the list, what is due, starting one, and its page while it runs and afterwards."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.billing_run import services
from billing.billing_run.starting import KINDS
from billing.errors import Refused
from billing.jobs.models import Run
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.billing_runs import effects, page
from dashboard.billing_runs.forms import CancelForm, DryForm, StartForm
from dashboard.billing_runs.screen import BILLING_RUNS, DUE
from dashboard.billing_runs.words import address, label
from dashboard.lists.answer import list_view
from dashboard.staff.actors import actor_of

index = list_view(BILLING_RUNS)
due = list_view(DUE)


def _run(pk: int) -> Run:
    return get_object_or_404(Run, pk=pk, kind__in=KINDS)


@require_safe
@who_may("billing_runs.view")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    after = request.GET.get("after", "")
    behind = int(after) if after.isdecimal() and len(after) < 19 else 0
    return render(
        request, "dashboard/billing_runs/show.html", page.context(_run(pk), request.user, after=behind)
    )


@require_safe
@who_may("billing_runs.view")
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The moving part alone; when the run is over, the page is loaded again for its results."""
    run = _run(pk)
    response = render(request, "dashboard/billing_runs/_progress.html", page.moving(run, request.user))
    if not page.is_live(run):
        response.headers["HX-Refresh"] = "true"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("billing_runs.run")
def new(request: HttpRequest) -> HttpResponse:
    """Bills what is due now."""
    return act(
        request,
        template="dashboard/billing_runs/new.html",
        form=StartForm,
        effects=lambda form: effects.of_billing(timezone.now()),
        primary=lambda form: "Bill what is due",
        perform=lambda form, key: services.start_run(
            actor=actor_of(request.user), now=timezone.now(), form_key=key
        ),
        done=lambda run: Done(
            f"{label(run)} is started", "This page follows it; you may close it.", url=address(run), go=True
        ),
        back=reverse("billing_runs:index"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("billing_runs.run")
def dry(request: HttpRequest) -> HttpResponse:
    """Works out what billing up to a day would bring."""
    return act(
        request,
        template="dashboard/billing_runs/dry.html",
        form=DryForm,
        effects=lambda form: effects.of_dry_run(_until(form), timezone.now()),
        primary=lambda form: "Work it out",
        perform=lambda form, key: services.start_dry_run(
            day=form.cleaned_data["until"], actor=actor_of(request.user), now=timezone.now(), form_key=key
        ),
        done=lambda run: Done(f"{label(run)} is started", "This page follows it.", url=address(run), go=True),
        back=reverse("billing_runs:index"),
    )


def _until(form: DryForm) -> object:
    if form.is_bound:
        return getattr(form, "cleaned_data", {}).get("until")
    return form.initial["until"]


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("billing_runs.run")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends a run after the batches its workers are at."""
    run = _run(pk)
    return act(
        request,
        template="dashboard/billing_runs/cancel.html",
        form=CancelForm,
        primary=lambda form: "Leave the rest",
        perform=lambda form, key: services.cancel(run=run, actor=actor_of(request.user), now=timezone.now()),
        done=lambda done: Done(
            f"{label(done)} ends here", "What it had billed stays.", url=address(done), go=True
        ),
        back=address(run),
        context={"work": run, "name": label(run)},
    )


def _steered(request: HttpRequest, pk: int, how: Callable[..., Run], said: str) -> HttpResponseBase:
    run = _run(pk)
    try:
        how(run=run, actor=actor_of(request.user), now=timezone.now())
        messages.success(request, said)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect(address(run))


@require_POST
@who_may("billing_runs.run")
def pause(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _steered(request, pk, services.pause, "It stops after the batch it is at")


@require_POST
@who_may("billing_runs.run")
def resume(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _steered(request, pk, services.resume, "It goes on")


@require_POST
@who_may("billing_runs.run")
def retry(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _steered(request, pk, services.retry_failed, "What failed is tried again")
