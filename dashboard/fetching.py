"""A fetch mode for list pages: a row that would ask the database for more is recorded, then refused.

Django's own `FETCH_RAISE` is swallowed by django-tables2, which shows an empty cell instead. This one keeps
a record as well, which the tests turn into a failure and the logs into a line:

    payments = Payment.objects.select_related("customer").fetch_mode(FETCH_RECORDED)
"""

from typing import Any

import structlog
from django.core.exceptions import FieldFetchBlocked
from django.db.models.fetch_modes import FetchMode

log = structlog.get_logger(__name__)

blocked: list[str] = []
"""Fields ("Payment.customer") that a page tried to fetch row by row since the last `take_blocked`."""

KEPT = 200


class FetchRecorded(FetchMode):
    """Refuses to fetch, and remembers which field was asked for."""

    __slots__ = ()

    def fetch(self, fetcher: Any, instance: Any) -> None:
        field = f"{instance.__class__.__qualname__}.{fetcher.field.name}"
        if len(blocked) < KEPT:
            blocked.append(field)
        log.warning("fetch_blocked", field=field)
        raise FieldFetchBlocked(
            f"Fetching of {field} row by row is blocked; select it with the list."
        ) from None

    def __reduce__(self) -> str:
        return "FETCH_RECORDED"


FETCH_RECORDED = FetchRecorded()


def take_blocked() -> list[str]:
    """What was recorded, and forget it."""
    taken = list(blocked)
    blocked.clear()
    return taken
