"""Makes the groups and permissions in the database equal to the table of roles, after each migrate."""

from typing import Any

from dashboard.access.roles import PERMISSIONS, ROLES


def sync_groups(using: str = "default", **signal: Any) -> None:
    """Add what the table has, take away what it no longer has. Running it twice changes nothing."""
    from django.contrib.auth.models import Group, Permission
    from django.contrib.contenttypes.models import ContentType

    kept: dict[str, Permission] = {}
    for name, (says, _holders) in PERMISSIONS.items():
        noun, verb = name.split(".")
        kind, _made = ContentType.objects.using(using).get_or_create(app_label=noun, model="desk")
        kept[name], _made = Permission.objects.using(using).update_or_create(
            content_type=kind, codename=verb, defaults={"name": says}
        )
    desk = Permission.objects.using(using).filter(content_type__model="desk")
    desk.exclude(pk__in=[permission.pk for permission in kept.values()]).delete()
    for role in ROLES:
        group, _made = Group.objects.using(using).get_or_create(name=role.name)
        group.permissions.set(
            kept[name] for name, (_says, holders) in PERMISSIONS.items() if role.name in holders
        )
