"""What stands at the side of the list about one refund."""

from collections.abc import Mapping
from typing import Any

from billing.refunds.models import Refund
from dashboard.refunds import page


def peek_context(refund: Refund, user: Any) -> Mapping[str, Any]:
    """Figure, facts, what happened, what comes, and the action that fits."""
    return {
        "refund": refund,
        "shown_state": page.state_to_show(refund),
        "pairs": page.pairs(refund, user),
        "words": page.words(refund),
        "entries": page.story(refund)[:6],
        "coming": page.coming(refund),
        "peek_actions": [each for each in page.actions(refund, user) if each.kind != "quiet"],
    }
