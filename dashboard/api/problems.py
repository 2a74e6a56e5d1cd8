"""Errors as problem JSON (RFC 9457): a code for programs, a sentence for people, never a trace."""

from decimal import Decimal
from typing import Any

import structlog
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from billing.entitlements.services import OverQuota
from billing.errors import Conflict, InvalidInput, Missing, NotAllowed, Refused

__all__ = ["Problem", "problem", "problem_of", "register"]

log = structlog.get_logger("dashboard.api")

STATUS: tuple[tuple[type[Refused], int], ...] = (
    (OverQuota, 402),
    (NotAllowed, 403),
    (Missing, 404),
    (Conflict, 409),
    (InvalidInput, 422),
    (Refused, 409),
)
TITLES = {
    400: "The request cannot be read",
    401: "A key is needed",
    402: "Too little is left",
    403: "Not allowed",
    404: "Not found",
    409: "Not as things stand",
    413: "Too large",
    422: "Something in it cannot be taken",
    429: "Too many calls",
    500: "Something broke on our side",
    503: "Out of reach for a moment",
}


class Problem(Exception):
    """An answer of the API's own, such as a missing key or too many calls."""

    def __init__(self, status: int, code: str, detail: str, *, retry_after: int = 0) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.retry_after = status, code, detail, retry_after


def problem_of(refusal: Refused) -> dict[str, Any]:
    """A refusal of the domain as its members; only what is meant for the host, none of the log's facts."""
    status = next(status for kind, status in STATUS if isinstance(refusal, kind))
    found: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES[status],
        "status": status,
        "code": refusal.code,
        "detail": refusal.sentence,
        "retry_helps": refusal.retry_helps,
    }
    if refusal.field:
        found["field"] = refusal.field
    if isinstance(refusal, OverQuota):
        found["missing"] = f"{Decimal(refusal.missing).normalize():f}"
        found["renews_at"] = refusal.renews_at
        found["credit_unit"] = refusal.credit_unit
    return found


def problem(request: HttpRequest, status: int, code: str, detail: str, **more: Any) -> HttpResponse:
    """The answer itself."""
    return answer(
        request,
        {
            "type": "about:blank",
            "title": TITLES[status],
            "status": status,
            "code": code,
            "detail": detail,
            **more,
        },
    )


def answer(request: HttpRequest, members: dict[str, Any]) -> HttpResponse:
    told = {**members, "request_id": getattr(request, "request_id", "")}
    return JsonResponse(told, status=told["status"], content_type="application/problem+json")


def register(api: NinjaAPI) -> None:
    """Every way of failing answers with a problem."""

    @api.exception_handler(Problem)
    def own(request: HttpRequest, error: Problem) -> HttpResponse:
        response = problem(request, error.status, error.code, error.detail)
        if error.retry_after:
            response["Retry-After"] = str(error.retry_after)
        if error.status == 401:
            response["WWW-Authenticate"] = 'Bearer realm="api"'
        return response

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, error: Refused) -> HttpResponse:
        return answer(request, problem_of(error))

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        errors = [
            {"field": ".".join(str(part) for part in each["loc"][1:]), "detail": str(each["msg"])}
            for each in error.errors[:20]
        ]
        said = "; ".join(f"{each['field'] or 'body'}: {each['detail']}" for each in errors[:3])
        return problem(request, 422, "malformed", said, errors=errors)

    @api.exception_handler(HttpError)
    def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
        status = error.status_code if error.status_code in TITLES else 400
        return problem(request, status, "unreadable", "The body is not JSON that can be read.")

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return problem(request, 404, "not_found", "There is nothing here.")

    @api.exception_handler(OperationalError)
    def out_of_reach(request: HttpRequest, error: OperationalError) -> HttpResponse:
        log.error("api.database_out_of_reach", error=type(error).__name__)
        response = problem(
            request, 503, "database_out_of_reach", "Try again in a moment, with the same keys."
        )
        response["Retry-After"] = "5"
        return response

    @api.exception_handler(Exception)
    def broken(request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("api.broken", error=type(error).__name__, path=request.path, exc_info=error)
        return problem(request, 500, "broken", "It has been noted. Trying again may help.")
