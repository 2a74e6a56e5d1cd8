"""The marks by which a view says who may use it, and which hold everyone else off.

Every view carries `view.access`; tests/house/test_urls.py walks all addresses and fails for one that does
not. The permission is asked before the object is looked for, so a refused person learns nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from dashboard.access.roles import PERMISSIONS, may, roles_that_may

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a view. `reason` says why it is open, when it is open to the world. An API key holds scopes
    in the place of permissions, and no member's role opens what a key does."""

    kind: Literal["permission", "signed_in", "public", "api_key"]
    permissions: tuple[str, ...] = ()
    reason: str = ""

    def allows_role(self, role: str | None) -> bool:
        """Whether somebody in this role may (None: nobody is signed in)."""
        if self.kind == "public":
            return True
        if self.kind == "signed_in":
            return role is not None
        if self.kind == "api_key":
            return False
        return any(role in PERMISSIONS[permission][1] for permission in self.permissions)


class NotPermitted(PermissionDenied):
    """This member's roles do not include what was asked for; the page says which role's would."""

    def __init__(self, *permissions: str) -> None:
        self.permissions = permissions
        self.does = " or ".join(PERMISSIONS[permission][0] for permission in permissions)
        self.roles = roles_that_may(*permissions)
        super().__init__(f"Your role may not {self.does}.")


def declare(view: View, access: Access) -> View:
    """Mark a view without touching what it does, for views that hold people off themselves."""
    view.access = access  # type: ignore[attr-defined]
    return view


def public(reason: str) -> Callable[[View], View]:
    """Open to the world, for the reason given."""
    if not reason:
        raise ValueError("say why the view is public")
    return lambda view: declare(view, Access("public", reason=reason))


def everyone_signed_in(view: View) -> View:
    """For any member, whatever their role."""

    @wraps(view)
    def held(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return declare(held, Access("signed_in"))


def who_may(permission: str) -> Callable[[View], View]:
    """For members whose roles hold the permission, `"noun.verb"` of the table in `roles`."""
    return who_may_any(permission)


def who_may_any(*permissions: str) -> Callable[[View], View]:
    """For members whose roles hold at least one of the permissions."""
    unknown = [permission for permission in permissions if permission not in PERMISSIONS]
    if unknown or not permissions:
        raise ValueError(f"no such permission in dashboard/access/roles.py: {', '.join(unknown) or 'none'}")

    def mark(view: View) -> View:
        @wraps(view)
        def held(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not any(may(request.user, permission) for permission in permissions):
                raise NotPermitted(*permissions)
            return view(request, *args, **kwargs)

        return declare(held, Access("permission", permissions))

    return mark
