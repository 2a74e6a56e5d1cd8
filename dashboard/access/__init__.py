"""Who may do what: roles as data, and the marks that every view carries.

from dashboard.access import who_may, everyone_signed_in, public

@who_may("refunds.issue")
def new(request, reference): ...
"""

from dashboard.access.declare import (
    Access,
    NotPermitted,
    declare,
    everyone_signed_in,
    public,
    who_may,
    who_may_any,
)
from dashboard.access.roles import PERMISSIONS, ROLES, Role, may, roles_that_may

__all__ = [
    "PERMISSIONS",
    "ROLES",
    "Access",
    "NotPermitted",
    "Role",
    "declare",
    "everyone_signed_in",
    "may",
    "public",
    "roles_that_may",
    "who_may",
    "who_may_any",
]
