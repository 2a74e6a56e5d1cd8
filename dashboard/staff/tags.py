"""`{% load members %}`"""

from django import template
from django.conf import settings

from dashboard.staff.browsers import browser_name

register = template.Library()
register.filter("browser_name", browser_name)


@register.simple_tag
def session_days() -> int:
    """How many days a session lasts."""
    return int(settings.SESSION_COOKIE_AGE // 86400)
