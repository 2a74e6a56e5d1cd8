"""The sandbox gateway's pages, to pay and to leave a card on: as another company's would be, with test cards.

They are there as long as the sandbox is one of the gateways.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing.gateways.charge_outcomes import ON_THE_PAGE
from billing.gateways.errors import Declined, GatewayError
from billing.gateways.models import SandboxObject
from billing.gateways.sandbox import Sandbox
from billing.money import Money
from dashboard.access import public

WORDS = {
    "4242": "4242 · succeeds",
    "0002": "0002 · declined by the bank",
    "9995": "9995 · too little money",
    "0069": "0069 · expired",
    "6007": "6007 · the bank answers later",
}


class CardForm(forms.Form):
    card = forms.ChoiceField(label="Test card", choices=[(card, WORDS[card]) for card in ON_THE_PAGE])


@public("a page of the sandbox gateway, which is nobody's money; its address is a random id")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def pay(request: HttpRequest, checkout_id: str) -> HttpResponse:
    page = SandboxObject.objects.filter(kind="checkout", id=checkout_id).first()
    if page is None or "sandbox" not in settings.GATEWAYS:
        raise Http404("There is no such page.")
    form = CardForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "page": page,
        "form": form,
        "amount": Money(page.body["amount_minor"], page.body["currency"]),
        "is_open": page.body["state"] == "open",
        "back": page.body["return_url"],
    }
    if request.method != "POST" or not form.is_valid():
        return render(request, "dashboard/sandbox/pay.html", context)
    try:
        fact = Sandbox().pay_on_page(checkout_id, form.cleaned_data["card"])
    except GatewayError as no:
        return render(request, "dashboard/sandbox/pay.html", context | {"refusal": no.message}, status=409)
    if fact.state == "failed":
        return render(
            request, "dashboard/sandbox/pay.html", context | {"refusal": fact.failure_message}, status=402
        )
    return redirect(page.body["return_url"])


@public("a page of the sandbox gateway, which takes no card of anybody's; its address is a random id")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def card(request: HttpRequest, page_id: str) -> HttpResponse:
    """Where one of the test cards is left, to be charged later."""
    page = SandboxObject.objects.filter(kind="setup", id=page_id).first()
    if page is None or "sandbox" not in settings.GATEWAYS:
        raise Http404("There is no such page.")
    form = CardForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "is_open": page.body["state"] == "open"}
    context["back"] = page.body["return_url"]
    if request.method != "POST" or not form.is_valid():
        return render(request, "dashboard/sandbox/card.html", context)
    try:
        Sandbox().leave_card(page_id, form.cleaned_data["card"])
    except Declined as no:
        return render(request, "dashboard/sandbox/card.html", context | {"refusal": no.message}, status=402)
    except GatewayError as no:
        return render(request, "dashboard/sandbox/card.html", context | {"refusal": no.message}, status=409)
    return redirect(page.body["return_url"])
