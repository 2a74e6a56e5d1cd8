"""What every page knows: the company, the viewer, the sidebar, and whether it answers htmx."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from dashboard.parts.navigation import address, navigation_for
from dashboard.parts.viewer import use_locale, viewer_of

PAGE, FRAGMENT = "base.html", "parts/bare.html"


def is_fragment(request: HttpRequest) -> bool:
    """htmx asked for a part of a page, not for a whole one."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx and not htmx.boosted and not htmx.history_restore_request)


def desk(request: HttpRequest) -> dict[str, Any]:
    """The template context that `base.html` and the parts read."""
    user = getattr(request, "user", None)
    use_locale(getattr(user, "locale", "") or "")
    fragment = is_fragment(request)
    return {
        "company": settings.COMPANY_NAME,
        "viewer": viewer_of(user),
        "navigation": [] if fragment else navigation_for(user, request.path),
        "shell": FRAGMENT if fragment else PAGE,
        "find_url": address("find:index"),
        "counts_url": address("parts:counts"),
        "theme_url": address("parts:theme"),
        "token_url": address("parts:token"),
        "sign_in_url": address("account_login"),
        "sign_out_url": address("account_logout"),
        "account_url": address("account:index") or address("mfa_index"),
        "request_id": getattr(request, "request_id", ""),
    }
