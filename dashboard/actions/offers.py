"""Which actions a page offers to this person now, and why the others are refused."""

from collections.abc import Sequence
from typing import Any

from django.urls import NoReverseMatch, reverse

from dashboard.access import may, roles_that_may
from dashboard.parts.entries import Action


def offer(
    user: Any,
    label: str,
    target: str,
    args: Sequence[Any] = (),
    *,
    permission: str,
    refusal: str = "",
    icon: str = "",
    kind: str = "",
    method: str = "get",
) -> list[Action]:
    """The action as a list of one; of none while no such screen is built. Add them up for a header.

    A person whose role may not do it sees it disabled with the roles that may; `refusal` is what the domain
    has against it.
    """
    try:
        url = reverse(target, args=list(args))
    except NoReverseMatch:
        return []
    if not may(user, permission):
        roles = [role.label for role in roles_that_may(permission)]
        refusal = f"Your role may not do this; {_together(roles)} may."
    return [Action(label, url, icon, kind, refusal, method)]


def _together(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words) or "nobody"
