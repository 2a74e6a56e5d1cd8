"""What Halden's customers would have been written: kept in the log, and sent to nobody.

Every address of the demo is one kept for examples, so that each message is canceled with that reason.
"""

from collections.abc import Sequence

from django.conf import settings

from billing.history.actors import Actor
from billing.refunds.models import Refund
from billing.refunds.telling import KINDS, write_about

__all__ = ["write_letters"]

MOST = 12


def write_letters(people: Sequence[Actor]) -> int:
    """Letters about the latest refunds, in each customer's language; says how many. None where examples are
    written to, because then they would leave."""
    if settings.MAIL_EXAMPLE_ADDRESSES or not people:
        return 0
    latest = Refund.objects.filter(state__in=KINDS, origin="desk").order_by("-created_at", "-pk")[:MOST]
    for place, refund in enumerate(latest):
        at = refund.succeeded_at or refund.failed_at or refund.created_at
        write_about(refund, actor=people[place % len(people)], now=at)
    return len(latest)
