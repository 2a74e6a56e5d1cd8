"""An action's one address: the form as a dialog or as a page, what it would do, and doing it once.

@who_may("refunds.issue")
def new(request, reference):
    payment = …
    return act(
        request,
        template="dashboard/refunds/new.html",          # extends parts/dialog.html or parts/confirm.html
        form=lambda data: RefundForm(data, payment=payment),
        effects=lambda form: [Effect("84.30 EUR goes back to Visa ···· 4242")],
        primary=lambda form: "Refund 84.30 EUR",
        perform=lambda form, key: services.issue_refund(…, form_key=key, actor=actor_of(request.user)),
        done=lambda refund: Done("84.30 EUR is on its way back", url=…, link="Open the refund"),
        back=payment_url,
    )
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from billing.errors import Refused
from billing.ids import form_key, is_form_key
from dashboard.parts.entries import Effect, Letter, Notice

EFFECTS = "effects"
#: The button that tells what would happen where no script does.
LOOK = "look"
CHANGED = "desk:changed"


@dataclass(frozen=True, slots=True)
class Done:
    """What did happen: a sentence and a link. With `go` the person is taken there."""

    sentence: str
    detail: str = ""
    url: str = ""
    link: str = "Open"
    tone: str = "ok"
    go: bool = False


def act[F: forms.Form, R](
    request: HttpRequest,
    *,
    template: str,
    form: Callable[[Any], F],
    perform: Callable[[F, str], R],
    done: Callable[[R], Done],
    back: str,
    effects: Callable[[F], Sequence[Effect | Notice | Letter]] | None = None,
    primary: Callable[[F], str] | None = None,
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """GET shows the form, POST does it, and a POST from the effects pane only tells what would happen.

    `form(data)` makes the form, `data` being None for a fresh one. `effects` and `primary` get the form,
    bound and cleaned as far as it goes (`form.cleaned_data` lacks what is wrong), and write nothing.
    Without scripts a button does the same on a page of its own (`LOOK`).
    `perform` gets the cleaned form and the key that makes one form one deed. A `Refused` stands at its
    field, or above the form; the form comes back with 422 as it was typed.
    """
    htmx = getattr(request, "htmx", None)
    if request.method != "POST":
        return _show(request, template, form(None), form_key(), effects, primary, back, context)
    bound = form(request.POST)
    valid = bound.is_valid()
    if htmx and htmx.target == EFFECTS:
        return _tell(request, bound, effects, primary)
    key = request.POST.get("form_key", "")
    if effects and LOOK in request.POST:
        key = key if is_form_key(key) else form_key()
        for empty in [name for name in bound.errors if not request.POST.get(name)]:
            del bound.errors[empty]  # what is not filled yet is no mistake yet
        return _show(request, template, bound, key, effects, primary, back, context)
    if not is_form_key(key):
        bound.add_error(None, "This form was sent without its key; nothing was done. Send it again.")
        key, valid = form_key(), False
    if valid:
        try:
            return _finish(request, done(perform(bound, key)), back)
        except Refused as refusal:
            field = refusal.field if refusal.field in bound.fields else None
            bound.add_error(field, _sentence(refusal))
    return _show(request, template, bound, key, effects, primary, back, context, status=422)


def _show(
    request: HttpRequest,
    template: str,
    form: Any,
    key: str,
    effects: Any,
    primary: Any,
    back: str,
    context: Mapping[str, Any] | None,
    status: int = 200,
) -> HttpResponse:
    known = {
        "form": form,
        "form_key": key,
        "back": back,
        "effects_url": request.get_full_path() if effects else "",
        "effects": effects(_tried(form)) if effects else [],
        "primary_label": primary(_tried(form)) if primary else "",
        **(context or {}),
    }
    return render(request, template, known, status=status)


def _tell(request: HttpRequest, form: Any, effects: Any, primary: Any) -> HttpResponse:
    known = {
        "effects": effects(form) if effects else [],
        "primary_label": primary(form) if primary else "",
        "form": form,
    }
    return render(request, "actions/effects.html", known)


def _finish(request: HttpRequest, said: Done, back: str) -> HttpResponse:
    htmx = getattr(request, "htmx", None)
    if htmx and not said.go:
        response = render(
            request,
            "parts/done.html",
            {
                "sentence": said.sentence,
                "detail": said.detail,
                "url": said.url,
                "link": said.link,
                "tone": said.tone,
            },
        )
        return trigger_client_event(response, CHANGED, after="settle")
    level = messages.SUCCESS if said.tone == "ok" else messages.WARNING
    messages.add_message(request, level, f"{said.sentence}. {said.detail}" if said.detail else said.sentence)
    address = (said.url if said.go else "") or back
    return HttpResponseClientRedirect(address) if htmx else redirect(address)


def _tried(form: Any) -> Any:
    """The form with `cleaned_data`, also when it is fresh: then from its initial values."""
    if not form.is_bound:
        form.cleaned_data = {
            name: value
            for name in form.fields
            if (value := form.get_initial_for_field(form.fields[name], name))
        }
    return form


def _sentence(refusal: Refused) -> str:
    return f"{refusal.sentence} Trying again may help." if refusal.retry_helps else refusal.sentence
