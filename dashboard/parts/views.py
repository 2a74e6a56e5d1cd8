"""What the shell asks for after a page has loaded, and the kit page."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.access import everyone_signed_in
from dashboard.parts import sample
from dashboard.parts.navigation import counts_for
from dashboard.parts.states import STATES, machine_name
from dashboard.parts.viewer import THEMES
from dashboard.staff.models import Member


@everyone_signed_in
@require_GET
def counts(request: HttpRequest) -> HttpResponse:
    """The sidebar's counts, one query each, asked for once per page after it has loaded."""
    return render(request, "parts/counts.html", {"counts": counts_for(request.user)})


@everyone_signed_in
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keeps the person's choice of light, dark, or as the system; the next page is written in it."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return HttpResponse("Choose light, dark, or nothing to follow the system.", status=422)
    assert isinstance(request.user, Member)
    request.user.theme = chosen
    request.user.save(update_fields=["theme"])
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if safe else "/")


@everyone_signed_in
@require_GET
def token(request: HttpRequest) -> HttpResponse:
    """A fresh form token, for a form that was open while its person was signed out and in again."""
    response = HttpResponse(get_token(request), content_type="text/plain")
    patch_cache_control(response, no_store=True)
    return response


class KitForm(forms.Form):
    """Fields of each kind, to be looked at."""

    amount = forms.CharField(help_text="Refundable 84.30 of 99.00 EUR, because 14.70 went back on 3 Nov.")
    reason = forms.ChoiceField(choices=[("duplicate", "Duplicate charge"), ("goodwill", "Goodwill")])
    note = forms.CharField(label="Note for us", widget=forms.Textarea(attrs={"rows": 2}))
    customer_note = forms.CharField(
        label="Note to the customer", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    notify = forms.BooleanField(label="Send an e-mail", required=False)

    def clean_amount(self) -> str:
        if self.cleaned_data["amount"] != "84.30":
            raise forms.ValidationError("13.70 too much: 84.30 of 99.00 EUR can go back.")
        return "84.30"


@everyone_signed_in
@require_GET
def kit(request: HttpRequest) -> HttpResponse:
    """Every part once, with its states."""
    faulty = KitForm({"amount": "98.00", "reason": "duplicate", "note": "Charged twice"})
    machines = [(machine_name(machine), list(states.values())) for machine, states in STATES.items()]
    return render(
        request,
        "dashboard/kit/index.html",
        {"machines": machines, "form": faulty, **sample.kit()},
    )


@everyone_signed_in
@require_http_methods(["GET", "POST"])
def kit_dialog(request: HttpRequest) -> HttpResponse:
    """A dialog that does nothing but answer as a real one does."""
    form = KitForm(request.POST or None, initial={"amount": "84.30"}, auto_id="dialog_%s")
    if request.method == "POST" and form.is_valid():
        return render(request, "parts/done.html", {"sentence": "84.30 EUR is on its way back"})
    return render(
        request,
        "dashboard/kit/dialog.html",
        {"form": form, **sample.kit()},
        status=422 if request.method == "POST" else 200,
    )


@everyone_signed_in
@require_GET
def kit_list(request: HttpRequest) -> HttpResponse:
    """A list with its tabs, chips, selection and peek, of made-up rows."""
    return render(request, "dashboard/kit/list.html", sample.kit())


@everyone_signed_in
@require_GET
def kit_peek(request: HttpRequest, reference: str) -> HttpResponse:
    """A row of that list at the side."""
    return render(
        request,
        "dashboard/kit/peek.html",
        {"reference": reference, "url": request.path, **sample.kit()},
    )
