"""Health for machines and for members."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dashboard.access import public, who_may
from dashboard.health.checks import DEGRADED, DOWN, OK, examine, overall

TONES = {OK: "ok", DEGRADED: "wait", DOWN: "bad"}
WORDS = {OK: "Fine", DEGRADED: "Needs a look", DOWN: "Down"}


@never_cache
@require_safe
@public("asked by the process supervisor; says only that this process answers")
def live(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": OK})


@never_cache
@require_safe
@public("asked by the load balancer and by monitoring; names and states only")
def summary(request: HttpRequest) -> HttpResponse:
    """200 while the desk can serve, 503 when it cannot: `{"status": …, "checks": {name: state}}`."""
    found = examine()
    status = overall(found)
    return JsonResponse(
        {"status": status, "checks": {finding.name: finding.state for finding in found}},
        status=503 if status == DOWN else 200,
    )


@never_cache
@require_safe
@who_may("health.view")
def index(request: HttpRequest) -> HttpResponse:
    found = examine()
    rows = [(finding, TONES[finding.state], WORDS[finding.state]) for finding in found]
    return render(request, "dashboard/health/index.html", {"rows": rows, "now": timezone.now()})
