"""What every dialog of the catalog shares: the template, who does it, and where it leads."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dashboard.actions.dialog import Done, act
from dashboard.staff.actors import actor_of


def edit(
    request: HttpRequest,
    *,
    title: str,
    lede: str,
    button: str,
    form: Callable[[Any], Any],
    effects: Callable[[Any], Any],
    perform: Callable[..., Any],
    done: Callable[[Any], str],
    back: Callable[[Any], str] | str,
    danger: bool = False,
) -> HttpResponse:
    """`dialog.act` for the catalog: `perform(form, reason=, actor=, now=)` does it, `done(made)` is the
    sentence said afterwards, at `back(made)`."""
    leads = back if callable(back) else (lambda made: back)
    return act(
        request,
        template="dashboard/catalog/edit.html",
        form=form,
        effects=effects,
        primary=lambda bound: button,
        perform=lambda bound, key: perform(
            bound,
            reason=bound.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        done=lambda made: Done(done(made), url=leads(made), go=True),
        back=leads(None),
        context={"dialog_title": title, "dialog_lede": lede, "danger": danger},
    )
