"""Shows times in the viewer's own zone."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

log = structlog.get_logger(__name__)


class TimeZoneMiddleware:
    """The member's zone, or the company's when they have chosen none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = getattr(request.user, "time_zone", "") or settings.DEFAULT_TIME_ZONE
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            log.warning("time_zone_unknown", zone=name)
            zone = ZoneInfo("UTC")
        with timezone.override(zone):
            return self.get_response(request)
