"""A member as the one who acts, in history and in the log."""

from typing import Any

from billing.history.actors import Actor, person


def actor_of(member: Any) -> Actor:
    """The actor for services: `issue_refund(..., actor=actor_of(request.user))`."""
    return person(member.pk, str(member), roles_of(member))


def roles_of(member: Any) -> list[str]:
    """The names of the member's roles, read once for each member that is loaded."""
    known: list[str] | None = getattr(member, "_roles", None)
    if known is None:
        known = member._roles = list(member.groups.values_list("name", flat=True))
    return known
