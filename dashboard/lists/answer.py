"""One address answers the page, the part that htmx asks for, a row at the side, and the CSV."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from billing.money import exponent
from billing.money.formatting import notation
from dashboard.access import may, who_may
from dashboard.lists import peeking, tabs
from dashboard.lists.counting import Count, count
from dashboard.lists.heads import Head, heads_of, sort_links
from dashboard.lists.narrow import narrow_first
from dashboard.lists.page import Page, page_of
from dashboard.lists.screen import ListScreen
from dashboard.lists.state import ListState, read, usual_columns
from dashboard.parts.viewer import current_locale

PART, SIDE = "list-part", "peek"


def list_view(screen: ListScreen) -> Any:
    """The view of a list: `path("", list_view(PAYMENTS), name="index")`."""

    @require_safe
    def index(request: HttpRequest) -> HttpResponseBase:
        return answer(request, screen)

    return who_may(screen.permission)(index)


def answer(request: HttpRequest, screen: ListScreen) -> HttpResponseBase:
    """Whatever form of the list was asked for."""
    saved = tabs.tabs_for(screen, request.user)
    state = read(screen, request.GET, [each.tab for each in saved])
    if request.GET.get("format") == "csv":
        from dashboard.exports.answer import export

        return export(request, state)
    if request.GET.get("part") == "counts":
        return render(request, "lists/counts.html", {"tabs": tabs.counted(screen, saved, request.user)})
    target = request.htmx.target if getattr(request, "htmx", False) else ""  # type: ignore[attr-defined]
    if target == SIDE and state.peek:
        page = page_of(state, request.user)
        return _varied(render(request, "lists/peek.html", peeking.peek(state, page.rows, request.user)))
    if target != PART:
        return _varied(render(request, "lists/index.html", context(request, state, saved)))
    response = _varied(render(request, "lists/part.html", context(request, state, saved)))
    if "" in request.GET.values() or "chosen" in request.GET:
        # A form sends its empty fields too; the address that people copy does without.
        response.headers["HX-Push-Url"] = state.here(peek=state.peek)
    return response


def context(request: HttpRequest, state: ListState, saved: list[tabs.Shown]) -> dict[str, Any]:
    """What the templates of a list know."""
    screen = state.screen
    narrow = narrow_first(state)
    page = Page([], 0, "", "") if narrow else page_of(state, request.user)
    total = _total(state, request.user) if not narrow else None
    heads = heads_of(state)
    table = screen.table(page.rows, sequence=[head.name for head in heads], exclude=_left_out(state, heads))
    chosen = tabs.current(state, saved)
    return {
        "screen": screen,
        "state": state,
        "chips": state.chips(),
        "troubles": [*state.troubles, *([page.trouble] if page.trouble else [])],
        "troubles_title": "This address could not be read whole",
        "troubles_text": " ".join([*state.troubles, page.trouble]).strip(),
        "narrow": narrow,
        "page": page,
        "total": total,
        "table": table,
        "heads": heads,
        "rows": rows_of_table(state, table, heads),
        "sorts": sort_links(state),
        "columns": column_choices(state),
        "tabs": saved,
        "current": chosen,
        "next_url": state.link(after=page.next) if page.next else "",
        "previous_url": state.link(before=page.previous) if page.previous else "",
        "here_url": state.here(),
        "csv_url": state.link(format="csv") if may(request.user, "exports.run") else "",
        "counts_url": f"{screen.url}?part=counts",
        "save_url": tabs.save_url(state),
        "manage_url": tabs.manage_url(chosen, request.user),
        "bulk": [each for each in screen.bulk if may(request.user, each.permission)],
        "match": state.link(peek="").partition("?")[2],
        "now": timezone.now(),
        "group": notation(current_locale()).group,
        "decimal": notation(current_locale()).decimal,
        "header_actions": screen.actions(request.user),
        "unfiltered": not state.values,
        **(peeking.peek(state, page.rows, request.user) if state.peek and not narrow else {}),
    }


def rows_of_table(state: ListState, table: Any, heads: list[Head]) -> list[dict[str, Any]]:
    """Each row with its cells, its address, and what its checkbox stands for."""
    screen = state.screen
    rows = []
    for bound in table.rows:
        record = bound.record
        name = str(getattr(record, screen.key))
        money = screen.money(record) if screen.money else None
        rows.append(
            {
                "pk": record.pk,
                "name": name,
                "url": screen.row_address(record),
                "peek_url": state.here(peek=name) if screen.peek else "",
                "money": money,
                "places": exponent(money.currency) if money else 0,
                "open": name == state.peek,
                "cells": [(head, bound.get_cell(head.name)) for head in heads],
            }
        )
    return rows


def column_choices(state: ListState) -> list[dict[str, Any]]:
    """Every column with whether it is shown."""
    shown = state.columns or usual_columns(state.screen)
    return [
        {"name": name, "label": column.verbose_name or name, "shown": name in shown, "kept": column.heading}
        for name, column in state.screen.table.base_columns.items()
    ]


def _total(state: ListState, user: Any) -> Count:
    return count(state.narrowed(state.screen.rows(user)), filtered=bool(state.values))


def _left_out(state: ListState, heads: list[Head]) -> tuple[str, ...]:
    shown = {head.name for head in heads}
    return tuple(name for name in state.screen.table.base_columns if name not in shown)


def _varied(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
