"""Gives each request an id, which its log lines, history entries and error page carry."""

import re
import secrets
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

log = structlog.get_logger("dashboard.requests")

WELL_FORMED = re.compile(r"^[A-Za-z0-9_-]{8,64}$")
QUIET = ("/static/", "/health/live/")
#: Addresses that let in whoever holds them: which page it was is logged, and not which address.
LETS_IN = "paying"


class RequestIdMiddleware:
    """Takes the proxy's X-Request-ID when the proxy is trusted and the id well formed, else makes one.

    The answer carries it as X-Request-ID, and one line a request says what came of it. The query is left
    out of that line: people search by names and addresses. So is an address that is a key by itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "") if settings.TRUST_PROXY_HEADERS else ""
        request_id = given if WELL_FORMED.match(given) else f"req_{secrets.token_hex(8)}"
        request.request_id = request_id  # type: ignore[attr-defined]
        begun = time.monotonic()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            if not request.path.startswith(QUIET):
                level = log.error if response.status_code >= 500 else log.info
                level(
                    "request",
                    method=request.method,
                    path=_shown(request),
                    status=response.status_code,
                    duration_ms=round((time.monotonic() - begun) * 1000, 1),
                )
        response.headers["X-Request-ID"] = request_id
        return response


def _shown(request: HttpRequest) -> str:
    match = request.resolver_match
    return f"/{match.route}" if match is not None and LETS_IN in match.namespaces else request.path
