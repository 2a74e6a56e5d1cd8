"""A member as the one who acts, in history and in the log."""

from typing import Any

from billing.history.actors import Actor, person


def actor_of(member: Any) -> Actor:
    """The actor for services: `issue_refund(..., actor=actor_of(request.user))`."""
    return person(member.pk, str(member))
