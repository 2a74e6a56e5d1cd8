"""How a hit shows what matched."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def marked(text: str, match: str) -> str | SafeString:
    """The text with the piece that was looked for marked; case is ignored."""
    at = text.lower().find(match.lower()) if match else -1
    if at < 0:
        return text
    end = at + len(match)
    return format_html("{}<mark>{}</mark>{}", text[:at], text[at:end], text[end:])
