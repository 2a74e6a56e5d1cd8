"""The CSV of a list: exactly what is filtered, or what is ticked, streamed."""

from dataclasses import replace
from typing import Any

import structlog
from django.http import HttpRequest, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import patch_cache_control

from dashboard.access import NotPermitted, may
from dashboard.exports.rows import lines
from dashboard.lists.narrow import narrow_first
from dashboard.lists.selecting import picked_ids
from dashboard.lists.state import ListState, read

log = structlog.get_logger(__name__)


def export(request: HttpRequest, state: ListState) -> HttpResponseBase:
    """Streams the rows; needs `exports.run`. What must be narrowed first is told on the list itself."""
    if not may(request.user, "exports.run"):
        raise NotPermitted("exports.run")
    state = _meant(request, state)
    if narrow_first(state):
        return redirect(state.link())
    day = timezone.now().strftime("%Y-%m-%d")
    log.info(
        "export",
        screen=state.screen.name,
        filters=sorted(state.used),
        picked=len(state.picked),
        actor=f"staff:{request.user.pk}",
    )
    response = StreamingHttpResponse(lines(state, request.user), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{state.screen.name}-{day}.csv"'
    response.headers["X-Accel-Buffering"] = "no"
    patch_cache_control(response, no_store=True)
    return response


def _meant(request: Any, state: ListState) -> ListState:
    """The list that is shown; with ticks, those rows of it; with `all`, everything that `match` names."""
    if "match" in request.GET:
        match = QueryDict(request.GET["match"], mutable=True)
        match.setdefault("view", "all")
        state = read(state.screen, match, [])
    ids = picked_ids(request.GET)
    return replace(state, picked=ids) if ids and not request.GET.get("all") else state
