"""Times, days and figures as text, for the viewer's zone and locale."""

from datetime import date, datetime, timedelta

from babel.dates import format_timedelta
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.dateformat import format as date_format

from dashboard.parts.viewer import abbreviation, current_locale


def full_moment(at: datetime) -> str:
    """18 Nov 2026, 14:09 in the viewer's zone."""
    return date_format(timezone.localtime(at), "j M Y, H:i")


def short_moment(at: datetime, now: datetime) -> str:
    """As a list says it: 14:09 today, 17 Nov this year, 17 Nov 2025 before."""
    here, today = timezone.localtime(at), timezone.localtime(now)
    if here.date() == today.date():
        return date_format(here, "H:i")
    return date_format(here, "j M" if here.year == today.year else "j M Y")


def relative(at: datetime, now: datetime) -> str:
    """23 minutes ago; in 3 days."""
    distance = at - now
    if abs(distance) < timedelta(seconds=45):
        return "just now" if distance <= timedelta() else "in a moment"
    return format_timedelta(distance, add_direction=True, locale="en", threshold=1.1)


def moment_title(at: datetime, now: datetime) -> str:
    """18 Nov 2026, 14:09 CET · 23 minutes ago."""
    return f"{full_moment(at)} {abbreviation(timezone.localtime(at))} · {relative(at, now)}"


def full_day(on: date) -> str:
    """1 Dec 2026."""
    return date_format(on, "j M Y")


def short_day(on: date, today: date) -> str:
    """1 Dec in this year, 1 Dec 2025 in another."""
    return date_format(on, "j M" if on.year == today.year else "j M Y")


def signed(text: str) -> str:
    """A minus as wide as the figures, where a formatter wrote a hyphen."""
    return text.replace("-", "−")


def grouped(count: int) -> str:
    """12,418, as the viewer's locale groups it."""
    return signed(format_decimal(count, locale=current_locale()))
