"""What happens around every request."""

from dashboard.middleware.acting import ActorMiddleware
from dashboard.middleware.reads import ReadsMiddleware
from dashboard.middleware.request_id import RequestIdMiddleware
from dashboard.middleware.signed_out import SignedOutMiddleware
from dashboard.middleware.time_zone import TimeZoneMiddleware

__all__ = [
    "ActorMiddleware",
    "ReadsMiddleware",
    "RequestIdMiddleware",
    "SignedOutMiddleware",
    "TimeZoneMiddleware",
]
