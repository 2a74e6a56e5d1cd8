"""Tags of action forms: `{% load actions %}`."""

from collections.abc import Sequence
from typing import Any

from django import template

from dashboard.parts.entries import Action, Effect, Letter, Notice

register = template.Library()


@register.inclusion_tag("actions/effects_list.html")
def effects_list(effects: Sequence[Effect | Notice | Letter]) -> dict[str, Any]:
    """What will happen: notices first, then the effects in their order, and a letter beneath."""
    return {
        "notices": [each for each in effects if isinstance(each, Notice)],
        "effects": [each for each in effects if isinstance(each, Effect)],
        "letters": [each for each in effects if isinstance(each, Letter)],
    }


@register.inclusion_tag("actions/more.html", takes_context=True)
def more_actions(context: template.Context, actions: list[Action]) -> dict[str, Any]:
    """The quiet ones among the actions, behind a "…" button; nothing when there are none."""
    quiet = [each for each in actions or () if each.kind == "quiet"]
    return {"quiet": quiet, "csrf_token": context.get("csrf_token")}
