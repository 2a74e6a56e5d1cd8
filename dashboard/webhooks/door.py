"""The intake ahead of Django: a message of a gateway passes no middleware and no URL table.

Everything else, and every other method, goes on to Django, whose view gives the same answers.
"""

import random
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.utils import timezone

from billing.webhooks.keeping import LINES, keep
from billing.webhooks.sources.registry import SOURCES
from dashboard.middleware.request_id import WELL_FORMED
from dashboard.webhooks.intake import Answer, answer

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = structlog.get_logger("dashboard.webhooks")

_PLACE = re.compile(rf"/webhooks/({'|'.join(SOURCES)})(?:/([-a-z0-9]{{1,32}}))?/?")
_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def with_door(application: Application) -> Application:
    """The site with its door for gateways."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        place = _PLACE.fullmatch(environ.get("PATH_INFO", ""))
        if place is None or environ.get("REQUEST_METHOD") != "POST":
            return application(environ, start_response)
        request_id = _request_id(environ)
        given = _answer(place[1], place[2] or "", environ, request_id)
        body = given.body
        start_response(
            _LINES[given.status],
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                ("X-Request-ID", request_id),
                *given.headers.items(),
            ],
        )
        return (body,)

    return serve


def _answer(source: str, endpoint: str, environ: dict[str, Any], request_id: str) -> Answer:
    try:
        return answer(
            source=source,
            endpoint=endpoint,
            meta=environ,
            stream=environ["wsgi.input"],
            now=timezone.now(),
            keep=keep,
            ask=LINES.rows,
            request_id=request_id,
        )
    except psycopg.Error as error:
        log.error("webhooks.not_counted", source=source, error=type(error).__name__, request_id=request_id)
        return Answer(503, {"error": "The database is out of reach; try again."}, {"Retry-After": "5"})


def _request_id(environ: dict[str, Any]) -> str:
    given = environ.get("HTTP_X_REQUEST_ID", "") if settings.TRUST_PROXY_HEADERS else ""
    return given if WELL_FORMED.match(given) else f"req_{random.getrandbits(64):016x}"
