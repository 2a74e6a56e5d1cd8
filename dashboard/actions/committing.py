"""What a subscription's page offers about its term: the commitment that binds it, or to agree on one."""

from typing import Any

from billing.subscriptions.commitments.agreeing import why_no_commitment
from billing.subscriptions.commitments.queries import commitment_of
from billing.subscriptions.models import Subscription
from billing.subscriptions.rules import TERMINAL
from dashboard.actions.offers import offer
from dashboard.parts.entries import Action

__all__ = ["term_actions"]


def term_actions(subscription: Subscription, user: Any) -> list[Action]:
    """One action in the header's menu, by one query; none for a subscription that has ended."""
    if subscription.state in TERMINAL:
        return []
    found = commitment_of(subscription)
    if found is not None:
        return offer(
            user,
            f"Its commitment until {found.ends_on:%-d %B %Y}",
            "commitments:show",
            [found.reference],
            permission="commitments.view",
            icon="heart-handshake",
            kind="quiet",
            method="page",
        )
    return offer(
        user,
        "Agree on a term…",
        "commitments:new",
        [subscription.reference],
        permission="commitments.manage",
        refusal=why_no_commitment(subscription),
        icon="heart-handshake",
        kind="quiet",
    )
