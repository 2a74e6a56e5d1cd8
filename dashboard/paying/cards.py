"""The page behind a letter that asks for a new card: public, for whoever holds its address.

It names nobody and no card.
"""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.errors import Missing, Refused
from billing.payments.card_leaving import begin_leaving, look_up_card
from billing.payments.card_links import card_link_at, state_of
from billing.payments.card_models import CardLink
from dashboard.access import public
from dashboard.paying.limits import slowly

WHY = "customers leave a card here; the token in the address is what lets them"
CLOSED = {
    "used": (
        "Your new card is here",
        "Thank you. The next invoice is charged to it. You can close this page.",
        200,
    ),
    "expired": ("This link has expired", "Ask whoever sent it to you for a new one.", 410),
}
UNKNOWN = ("This is no link of ours", "Check the address.", 404)


@public(WHY)
@require_safe
@never_cache
@slowly
def card(request: HttpRequest, token: str) -> HttpResponse:
    """That a card can be left, or that it was."""
    link = _link(token)
    if link is None:
        return _closed(request, *UNKNOWN)
    state = state_of(link, timezone.now())
    if state != "open":
        return _closed(request, *CLOSED[state])
    return render(request, "dashboard/paying/card.html", _context(link, token))


@public(WHY)
@require_POST
@never_cache
@slowly
def begin(request: HttpRequest, token: str) -> HttpResponse:
    """Opens the gateway's page and leads there."""
    link = _link(token)
    if link is None:
        return _closed(request, *UNKNOWN)
    back = f"{settings.PUBLIC_URL}{reverse('paying:card', args=[token])}"
    try:
        url = begin_leaving(link=link, return_url=back, now=timezone.now())
    except Refused as no:
        context = _context(link, token) | {"refusal": no.sentence}
        return render(request, "dashboard/paying/card.html", context, status=409)
    # A page in between: a form may not lead to another host by itself.
    context = {"url": url, "company": settings.COMPANY_NAME, "title": "To the page for your card"}
    return render(request, "dashboard/paying/leaving.html", context | {"button": "Go on"})


@public(WHY)
@require_POST
@never_cache
@slowly
def check(request: HttpRequest, token: str) -> HttpResponse:
    """Asks the gateway whether a card was left, and shows the page again."""
    link = _link(token)
    if link is not None:
        # quiet: the page says that it is still open, and can be asked again
        with suppress(Refused):
            look_up_card(link_id=link.pk, now=timezone.now())
    return redirect("paying:card", token=token)


def _link(token: str) -> CardLink | None:
    try:
        return card_link_at(token)
    except Missing:  # quiet: the page says so, whatever is wrong with the address
        return None


def _context(link: CardLink, token: str) -> dict[str, Any]:
    return {"link": link, "token": token, "begun": bool(link.checkout_id), "company": settings.COMPANY_NAME}


def _closed(request: HttpRequest, title: str, text: str, status: int) -> HttpResponse:
    context = {"title": title, "text": text, "company": settings.COMPANY_NAME}
    return render(request, "dashboard/paying/closed.html", context, status=status)
