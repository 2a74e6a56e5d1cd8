"""Keeping a view of a list under a name: make, rename, share, delete."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from dashboard.access import NotPermitted, everyone_signed_in, may
from dashboard.lists.forms import SavedViewForm
from dashboard.lists.models import SavedView
from dashboard.lists.screen import ListScreen, screen_named
from dashboard.lists.state import read

MOST = 12


def _screen(request: HttpRequest, name: str) -> ListScreen:
    screen = screen_named(name)
    if screen is None:
        raise Http404("There is no such list.")
    if not may(request.user, screen.permission):
        raise NotPermitted(screen.permission)
    return screen


@require_http_methods(["GET", "POST"])
@everyone_signed_in
def save(request: Any, screen: str) -> HttpResponseBase:
    """Keeps what the query says of the list: its filters, order and columns."""
    of = _screen(request, screen)
    state = read(of, _with_view(request.GET), [])
    form = SavedViewForm(request.POST or None, owner=request.user, screen=of.name)
    if request.method == "POST" and form.is_valid():
        if SavedView.objects.filter(owner=request.user, screen=of.name).count() >= MOST:
            form.add_error(None, f"You have {MOST} views on this list already: delete one first.")
        else:
            saved = SavedView.objects.create(
                screen=of.name,
                owner=request.user,
                params=state.params(view=""),
                created_at=timezone.now(),
                **form.cleaned_data,
            )
            return _back(request, of, saved, f"The view “{saved.name}” is kept")
    found = {"form": form, "screen": of, "chips": state.chips(), "state": state, "back": state.link()}
    return render(request, "lists/save.html", found, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@everyone_signed_in
def edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Renames or shares a view; only whoever saved it may."""
    saved = get_object_or_404(SavedView, pk=pk, owner_id=request.user.pk)
    of = _screen(request, saved.screen)
    first = {"name": saved.name, "shared_with": saved.shared_with}
    form = SavedViewForm(request.POST or None, initial=first, owner=request.user, screen=of.name, own=saved)
    if request.method == "POST" and form.is_valid():
        saved.name, saved.shared_with = form.cleaned_data["name"], form.cleaned_data["shared_with"]
        saved.save(update_fields=["name", "shared_with"])
        return _back(request, of, saved, f"The view is called “{saved.name}” now")
    found = {"form": form, "screen": of, "saved": saved, "back": _address(of, saved)}
    return render(request, "lists/edit.html", found, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@everyone_signed_in
def delete(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Takes a view away, from everybody who saw it."""
    saved = get_object_or_404(SavedView, pk=pk, owner_id=request.user.pk)
    of = _screen(request, saved.screen)
    if request.method == "POST":
        saved.delete()
        return _back(request, of, None, f"The view “{saved.name}” is gone")
    return render(request, "lists/delete.html", {"screen": of, "saved": saved, "back": _address(of, saved)})


def _with_view(given: QueryDict) -> QueryDict:
    """The query as it is: without a view's name an empty one would mean the usual tab."""
    copied = given.copy()
    copied.setdefault("view", "all")
    return copied


def _address(of: ListScreen, saved: SavedView) -> str:
    return f"{of.url}?{urlencode({'view': saved.view_name, **saved.params}, doseq=True)}"


def _back(request: Any, of: ListScreen, saved: SavedView | None, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    address = _address(of, saved) if saved else of.url
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
