"""Says who acts, for every row that is written during a request."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from billing.history.context import acting
from dashboard.staff.actors import actor_of

SAFE = ("GET", "HEAD", "OPTIONS")


class ActorMiddleware:
    """Members act as themselves. What nobody signed in does (a webhook, a sign-in) names its own actor.

    Reading writes no business row, so a GET needs no actor and costs no context.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in SAFE or not request.user.is_authenticated:
            return self.get_response(request)
        with acting(actor_of(request.user), request_id=getattr(request, "request_id", "")):
            return self.get_response(request)
