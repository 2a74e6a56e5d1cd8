"""The question before a bulk action: to how many, what will happen, and then a run with a result for each."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.jobs.models import Run
from billing.jobs.services import RowAsked, start_run
from dashboard.access import NotPermitted, everyone_signed_in, may
from dashboard.actions.dialog import Done, act
from dashboard.lists.screen import BulkAction, ListScreen, screen_named
from dashboard.lists.selecting import Selected, selected
from dashboard.parts.entries import Effect, Notice
from dashboard.parts.formatting import grouped
from dashboard.staff.actors import actor_of


@require_http_methods(["GET", "POST"])
@everyone_signed_in
def ask(request: HttpRequest, screen: str, action: str) -> HttpResponseBase:
    """Asks what the action needs to know, and starts it."""
    of, what = _found(screen, action)
    for permission in (of.permission, what.permission):
        if not may(request.user, permission):
            raise NotPermitted(permission)
    rows = selected(of, request.GET, request.user, what.most)
    return act(
        request,
        template="lists/bulk.html",
        form=lambda data: what.form(data),
        effects=lambda form: _effects(what, rows, form, actor_of(request.user), request.user),
        primary=lambda form: f"{what.label.removesuffix('…')} · {grouped(rows.count)}",
        perform=lambda form, key: _start(request, what, rows, form, key),
        done=_done,
        back=of.url,
        context={"screen": of, "bulk": what, "selected": rows},
    )


def _found(screen: str, action: str) -> tuple[ListScreen, BulkAction]:
    of = screen_named(screen)
    what = next((each for each in of.bulk if each.name == action), None) if of else None
    if of is None or what is None:
        raise Http404("There is no such action.")
    return of, what


def _effects(
    what: BulkAction, rows: Selected, form: forms.Form, actor: Actor, user: Any
) -> list[Effect | Notice]:
    if rows.trouble:
        return [Notice(rows.trouble, "", "bad")]
    many = rows.screen.many if rows.count != 1 else rows.screen.one
    warnings = list(what.warn(rows.count, form.cleaned_data, actor)) if what.warn else []
    if what.preview:
        warnings += what.preview(rows.rows(user), form.cleaned_data, actor, timezone.now())
    return [
        *warnings,
        Effect(what.effect(rows.count, form.cleaned_data), icon=what.icon or "arrow-right"),
        Effect(
            "Each gets a result of its own",
            f"{grouped(rows.count)} {many}, one by one, in the background.",
            "checks",
        ),
        Effect("You may leave", "It goes on when the tab is closed, and can be paused.", "player-pause"),
    ]


def _start(request: Any, what: BulkAction, rows: Selected, form: forms.Form, key: str) -> Run:
    if rows.trouble:
        raise Conflict("selection_changed", rows.trouble)
    shown = request.POST.get("shown_count", "")
    if Run.objects.filter(form_key=key).exists() or shown == str(rows.count):
        return _run(request, what, rows, form, key)
    raise InvalidInput(
        "count_changed",
        f"{grouped(rows.count)} {rows.screen.many} match by now, not {shown or 'as shown'}; look again.",
    )


def _run(request: Any, what: BulkAction, rows: Selected, form: forms.Form, key: str) -> Run:
    screen = rows.screen
    actor, now = actor_of(request.user), timezone.now()
    with transaction.atomic():
        run = start_run(
            kind=what.kind,
            title=f"{what.label.removesuffix('…')}, {grouped(rows.count)} {screen.many}",
            rows=(
                RowAsked(row.pk, _label(screen, row), screen.row_address(row))
                for row in rows.rows(request.user).iterator(chunk_size=1_000)
            ),
            asked={**form.cleaned_data, "screen": screen.name},
            actor=actor,
            now=now,
            form_key=key,
        )
        if what.begin:
            what.begin(run, actor, now)
    return run


def _label(screen: ListScreen, row: Any) -> str:
    return screen.label(row) if screen.label else str(getattr(row, screen.key))


def _done(run: Run) -> Done:
    if run.state == "paused":
        sentence = f"{run.title[:1].upper()}{run.title[1:]}: waits for a second person"
        return Done(
            sentence, "Nothing is done before.", url=reverse("runs:show", args=[run.pk]), go=True, tone="wait"
        )
    return Done(
        f"Under way: {run.title[:1].lower()}{run.title[1:]}",
        url=reverse("runs:show", args=[run.pk]),
        link="Watch it",
        go=True,
    )
