"""A run's page: how far it is, and what became of each row. Works by reloading without scripts."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from billing.errors import Refused
from billing.jobs import kinds, services
from billing.jobs.files import KEPT, count_files
from billing.jobs.models import Run
from dashboard.access import NotPermitted, everyone_signed_in, may
from dashboard.lists.screen import all_screens
from dashboard.runs.queries import SHOWN, progress_of, rows_of
from dashboard.staff.actors import actor_of


def _run(request: HttpRequest, pk: int) -> Run:
    """The run, for whoever started it or may see the system's health."""
    run = get_object_or_404(Run, pk=pk, kind__in=kinds.names())
    if not _own(request, run) and not may(request.user, "health.view"):
        raise NotPermitted("health.view")
    return run


def _own(request: HttpRequest, run: Run) -> bool:
    return run.started_by_ref == actor_of(request.user).ref


@require_safe
@everyone_signed_in
def show(request: HttpRequest, pk: int) -> HttpResponse:
    run = _run(request, pk)
    only_failed = request.GET.get("show") == "failed"
    asked = request.GET.get("after", "")
    after = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0
    rows, following = rows_of(run, only_failed=only_failed, after=after)
    own = _own(request, run)
    files = count_files(run) if own and run.state in services.OVER and may(request.user, "exports.run") else 0
    screen = next((each for each in all_screens() if each.name == run.asked.get("screen")), None)
    return render(
        request,
        "dashboard/runs/show.html",
        {
            "work": run,
            "run": progress_of(run, timezone.now(), may_steer=own),
            "rows": rows,
            "after": after,
            "next": following,
            "only_failed": only_failed,
            "shown": SHOWN,
            "screen": screen,
            "together": Run.objects.filter(pk__in=run.asked.get("together", ())).order_by("pk"),
            "own": own,
            "over": run.state in services.OVER,
            "files": files,
            "kept_until": run.finished_at + KEPT if files and run.finished_at else None,
        },
    )


@require_safe
@everyone_signed_in
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The bar alone; when the run is over, the page is loaded again for its results."""
    run = _run(request, pk)
    known = {"run": progress_of(run, timezone.now(), may_steer=_own(request, run))}
    response = render(request, "parts/progress.html", known)
    if run.state in services.OVER:
        response.headers["HX-Refresh"] = "true"
    return response


def _steered(request: HttpRequest, pk: int, how: Callable[..., Run], said: str) -> HttpResponseBase:
    run = get_object_or_404(Run, pk=pk, kind__in=kinds.names())
    if not _own(request, run):
        raise NotPermitted("health.view")
    try:
        how(run=run, actor=actor_of(request.user), now=timezone.now())
        messages.success(request, said)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("runs:show", pk=pk)


@require_POST
@everyone_signed_in
def pause(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _steered(request, pk, services.pause_run, "It stops after the row it is at")


@require_POST
@everyone_signed_in
def resume(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _steered(request, pk, services.resume_run, "It goes on")


@require_POST
@everyone_signed_in
def cancel(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _steered(request, pk, services.cancel_run, "The rest is left undone")


@require_POST
@everyone_signed_in
def retry(request: HttpRequest, pk: int) -> HttpResponseBase:
    return _steered(request, pk, services.retry_failed, "The failed ones are tried again")
