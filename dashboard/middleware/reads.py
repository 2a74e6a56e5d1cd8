"""Notes who of the staff was shown a customer's personal data.

What counts: a customer's page, story and preview, the row of a customer at the side of the list, and each
export of a list. Lists themselves do not: the name beside a payment is how it is told from another, and what
is opened from there is noted. What was searched for is never kept, because people search by names.
"""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from billing.audit.models import ReadKind
from billing.audit.reading import note_export, note_read
from billing.history.actors import person
from dashboard.lists.screen import screen_named
from dashboard.lists.state import RESERVED

PAGES = {
    "customers:show": ReadKind.PAGE,
    "customers:story": ReadKind.STORY,
    "customers:preview": ReadKind.PREVIEW,
}


class ReadsMiddleware:
    """One insert for what was shown, before it is sent: what cannot be noted is not shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method == "GET" and response.status_code == 200 and request.user.is_authenticated:
            self.note(request)
        return response

    def note(self, request: HttpRequest) -> None:
        match = request.resolver_match
        if match is None:
            return
        view, screen = match.view_name, match.view_name.partition(":")[0]
        if view in PAGES:
            self.note_shown(request, PAGES[view], match.kwargs["reference"])
        elif view == "customers:index" and request.GET.get("peek"):
            self.note_shown(request, ReadKind.PEEK, request.GET["peek"])
        elif request.GET.get("format") == "csv" and screen_named(screen):
            note_export(
                screen=screen,
                filters=", ".join(sorted(name for name in request.GET if name not in RESERVED)),
                actor=person(request.user.pk or 0, str(request.user)),
                request_id=getattr(request, "request_id", ""),
                now=timezone.now(),
            )

    def note_shown(self, request: HttpRequest, kind: ReadKind, reference: str) -> None:
        note_read(
            reference=reference,
            kind=kind,
            screen="customers",
            actor=person(request.user.pk or 0, str(request.user)),
            request_id=getattr(request, "request_id", ""),
            now=timezone.now(),
        )
