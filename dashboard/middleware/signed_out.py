"""Tells somebody whose session has ended, without taking their half-written form away."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url

TARGET = "#signed-out"


class SignedOutMiddleware:
    """An htmx request that would be sent to the sign-in page is answered 401 with a notice instead.

    The notice goes into its own place on the page (`HX-Retarget`), so the form stays as it was typed, and
    it offers to sign in in another tab and try again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not getattr(request, "htmx", False) or response.status_code != 302:
            return response
        sign_in = resolve_url(settings.LOGIN_URL)
        if request.user.is_authenticated or urlsplit(response.headers["Location"]).path != sign_in:
            return response
        back = getattr(request.htmx, "current_url_abs_path", None) or "/"  # type: ignore[attr-defined]
        notice = render(
            request,
            "dashboard/staff/signed_out.html",
            {"sign_in_url": f"{sign_in}?{urlencode({'next': back})}"},
            status=401,
        )
        notice.headers["HX-Retarget"] = TARGET
        notice.headers["HX-Reswap"] = "innerHTML"
        return notice
