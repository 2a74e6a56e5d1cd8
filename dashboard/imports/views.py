"""Imports from Stripe: the list, starting one, its page while it runs and afterwards."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.errors import Refused
from billing.imports import services
from billing.imports.queries import KIND, latest_import
from billing.jobs.models import Run
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.imports import effects, page
from dashboard.imports.account import account, refusal
from dashboard.imports.forms import CancelForm, StartForm
from dashboard.imports.screen import IMPORTS
from dashboard.imports.tables import address, label
from dashboard.lists.answer import list_view
from dashboard.staff.actors import actor_of

index = list_view(IMPORTS)


def _run(pk: int) -> Run:
    return get_object_or_404(Run, pk=pk, kind=KIND)


@require_safe
@who_may("imports.view")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    after = request.GET.get("after", "")
    known = page.context(
        _run(pk), request.user, after=int(after) if after.isdecimal() and len(after) < 19 else 0
    )
    return render(request, "dashboard/imports/show.html", known)


@require_safe
@who_may("imports.view")
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The moving part alone; when the import is over, the page is loaded again for its results."""
    run = _run(pk)
    response = render(request, "dashboard/imports/_progress.html", page.moving(run, request.user))
    if not page.is_live(run):
        response.headers["HX-Refresh"] = "true"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("imports.run")
def new(request: HttpRequest) -> HttpResponse:
    """Starts an import of the account that the settings name."""
    here = account()
    refused = refusal()
    latest = latest_import()
    under_way = latest if latest and page.is_live(latest) else None

    def perform(form: StartForm, key: str) -> Run:
        if refused:
            raise refused
        return services.start_import(
            actor=actor_of(request.user), form_key=key, now=timezone.now(), asked=here.facts()
        )

    # A refusal that is known beforehand is said at once; after a POST it stands above the form anyway.
    sentence = refused.sentence if refused and request.method != "POST" else ""
    return act(
        request,
        template="dashboard/imports/new.html",
        form=StartForm,
        effects=lambda form: effects.of_import(here),
        primary=lambda form: "Start the import",
        perform=perform,
        done=lambda run: Done(
            f"{label(run)} is started", "This page follows it; you may close it.", url=address(run), go=True
        ),
        back=reverse("imports:index"),
        context={
            "account": here,
            "latest": latest,
            "latest_url": address(latest) if latest else "",
            "under_way": under_way,
            "refusal": sentence,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("imports.run")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stops an import after the page it is at; what it has recorded stays."""
    run = _run(pk)
    return act(
        request,
        template="dashboard/imports/cancel.html",
        form=CancelForm,
        primary=lambda form: "Cancel the import",
        perform=lambda form, key: services.cancel_import(
            run_id=run.pk, actor=actor_of(request.user), now=timezone.now()
        ),
        done=_canceled,
        back=address(run),
        context={"work": run, "name": label(run)},
    )


def _canceled(run: Run) -> Done:
    """A run that came to its end while the question stood open is not canceled any more."""
    if run.state == "canceled":
        return Done(f"{label(run)} is canceled", "What it had recorded stays.", url=address(run), go=True)
    return Done(f"{label(run)} was done already", url=address(run), go=True, tone="wait")


@require_POST
@who_may("imports.run")
def resume(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Lets an import that stopped go on where it stopped."""
    run = _run(pk)
    try:
        if refused := refusal():
            raise refused
        services.resume_import(run_id=run.pk, actor=actor_of(request.user), now=timezone.now())
        messages.success(request, f"{label(run)} goes on where it stopped")
    except Refused as sentence:
        messages.error(request, sentence.sentence)
    return redirect(address(run))
