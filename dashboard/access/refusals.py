"""What is shown when a page cannot be: in words, with the id by which the log line is found."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from dashboard.access.declare import NotPermitted


def not_permitted(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    """403, saying what was asked for and which roles may."""
    refused = exception if isinstance(exception, NotPermitted) else None
    context = {
        "sentence": str(exception) or "You may not do this.",
        "roles": refused.roles if refused else [],
        "request_id": getattr(request, "request_id", ""),
    }
    return render(request, "errors/403.html", context, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 when a form's token is missing or old: mostly a page that stayed open for days."""
    return render(request, "errors/csrf.html", status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """500. Rendered without the context processors: they may be what broke, and the database with them."""
    words = {"request_id": getattr(request, "request_id", "")}
    return HttpResponse(render_to_string("errors/500.html", words), status=500)
