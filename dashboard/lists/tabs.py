"""The tabs of a list: the views the product brings, then those that people saved."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse

from dashboard.lists.counting import Count, count
from dashboard.lists.models import SavedView
from dashboard.lists.narrow import narrow_first
from dashboard.lists.screen import ListScreen, Tab
from dashboard.lists.state import ListState, read, tab_params
from dashboard.parts.viewer import role_names

MOST_SAVED = 12


@dataclass(frozen=True, slots=True)
class Shown:
    """A tab with its address; `saved` is the row behind one that people saved."""

    tab: Tab
    url: str
    saved: SavedView | None = None
    count: Count | None = None

    @property
    def private(self) -> bool:
        return self.saved is not None and not self.saved.shared_with


def tabs_for(screen: ListScreen, user: Any) -> list[Shown]:
    """The product's tabs, then the person's own and those shared with their role. One query."""
    shown = [Shown(tab, _address(screen, tab)) for tab in screen.tabs]
    mine = Q(owner=user) | Q(shared_with__in=role_names(user) or ["-"])
    for saved in SavedView.objects.filter(mine, screen=screen.name).order_by("name", "pk")[:MOST_SAVED]:
        params = {name: list(values) for name, values in saved.params.items()}
        tab = Tab(saved.view_name, saved.name, params, counted=True)
        address = urlencode({"view": saved.view_name, **params}, doseq=True)
        shown.append(Shown(tab, f"{screen.url}?{address}", saved))
    return shown


def current(state: ListState, shown: list[Shown]) -> Shown | None:
    """The tab whose filters all stand: the one the URL names, else the one that fits exactly, else all."""
    named = next((each for each in shown if each.tab.name == state.view), None)
    if named and _holds(state, named.tab):
        return named
    if exact := next((each for each in shown if _filters(state, each.tab) == state.filters), None):
        return exact
    return next((each for each in shown if not _filters(state, each.tab)), None)


def counted(screen: ListScreen, shown: list[Shown], user: Any) -> list[Shown]:
    """The tabs with their counts, each read no further than it must."""
    from django.http import QueryDict

    found = []
    for each in shown:
        state = read(screen, QueryDict(each.url.partition("?")[2]), [])
        if each.tab.counted and not narrow_first(state):
            rows = state.narrowed(screen.rows(user))
            found.append(replace(each, count=count(rows, filtered=bool(state.values))))
    return found


def save_url(state: ListState) -> str:
    """Where the view that is shown can be saved."""
    kept = urlencode(state.params(view=""), doseq=True)
    return f"{reverse('lists:save', args=[state.screen.name])}?{kept}"


def manage_url(chosen: Shown | None, user: Any) -> str:
    """Where the saved view that is shown can be renamed or deleted, by whoever saved it."""
    if chosen and chosen.saved and chosen.saved.owner_id == user.pk:
        return reverse("lists:edit", args=[chosen.saved.pk])
    return ""


def _address(screen: ListScreen, tab: Tab) -> str:
    params = {"view": [tab.name], **tab_params(tab)}
    if tab.sort:
        params["sort"] = [tab.sort]
    return f"{screen.url}?{urlencode(params, doseq=True)}"


def _filters(state: ListState, tab: Tab) -> dict[str, list[str]]:
    names = state.screen.filters.base_filters
    return {name: values for name, values in tab_params(tab).items() if name in names}


def _holds(state: ListState, tab: Tab) -> bool:
    return all(state.filters.get(name) == values for name, values in _filters(state, tab).items())
