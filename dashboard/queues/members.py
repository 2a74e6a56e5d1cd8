"""Who can be given work: members whose role may see it."""

from django.db.models import QuerySet

from dashboard.access import roles_that_may
from dashboard.staff.models import Member


def members_who_may(permission: str) -> QuerySet[Member]:
    """Active members whose roles hold the permission, by name."""
    roles = [role.name for role in roles_that_may(permission)]
    return (
        Member.objects.filter(is_active=True, groups__name__in=roles)
        .distinct()
        .order_by("display_name", "pk")
    )
