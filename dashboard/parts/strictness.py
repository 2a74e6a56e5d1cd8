"""Where a word that is not in our tables is a fault to be seen, and where it must not break a page."""

from django.conf import settings


def strict() -> bool:
    """True on an engineer's machine and in tests; in production the raw word is shown instead."""
    return bool(settings.DEBUG or getattr(settings, "LOCAL", False))
