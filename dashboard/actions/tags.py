"""Tags of action forms: `{% load actions %}`."""

from typing import Any

from django import template

from dashboard.parts.entries import Effect, Notice

register = template.Library()


@register.inclusion_tag("actions/effects_list.html")
def effects_list(effects: list[Effect | Notice]) -> dict[str, Any]:
    """What will happen: notices first, then the effects in their order."""
    return {
        "notices": [each for each in effects if isinstance(each, Notice)],
        "effects": [each for each in effects if isinstance(each, Effect)],
    }
