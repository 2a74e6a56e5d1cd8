"""What stands at the side of the list about one customer."""

from collections.abc import Mapping
from typing import Any

from billing.customers.models import Customer
from dashboard.customers import cards, page
from dashboard.customers.places import place_of
from dashboard.customers.story import story_of
from dashboard.lists.names import name_of
from dashboard.parts.entries import Fact
from reports.customers.summary import summary_of


def peek_context(customer: Customer, user: Any) -> Mapping[str, Any]:
    """Name and state, the facts, what happened, and the action that fits."""
    subscriptions = cards.subscriptions_of(customer)
    counts = cards.counts_of(customer)
    identity = getattr(customer, "identity", None)
    leading = subscriptions[:1]
    return {
        "customer": customer,
        "name": name_of(customer),
        "state": leading[0].state if leading else "",
        "pairs": [
            *(Fact("Plan", row["plan"]) for row in cards.subscription_rows(leading) if not row["ended"]),
            *page.facts(customer, summary_of(customer.pk, customer.created_at)),
            Fact("Place", place_of(customer, identity.city if identity else "") or None, why="Not told."),
            *([Fact("E-mail", identity.email)] if identity and identity.email else []),
        ],
        "entries": story_of(customer, user, size=6).entries,
        "peek_actions": [each for each in page.actions(customer, counts, user) if each.kind != "quiet"],
    }
