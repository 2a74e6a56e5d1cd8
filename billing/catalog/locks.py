"""The locks under which the catalog is edited."""

from django.db import transaction

from billing.catalog.models import Tier, TokenPackage
from billing.errors import Conflict, Missing


def lock_tier(tier_id: int) -> Tier:
    """The tier, held until the transaction ends. Raises `Missing`."""
    found = Tier.objects.select_for_update().filter(pk=tier_id).first()
    if found is None:
        raise Missing("tier_missing", "This tier is no longer here.")
    return found


def lock_package(package_id: int) -> TokenPackage:
    """The package, held until the transaction ends. Raises `Missing`."""
    found = TokenPackage.objects.select_for_update().filter(pk=package_id).first()
    if found is None:
        raise Missing("package_missing", "This package is no longer here.")
    return found


def require_seen(seen: str, now_stands: str) -> None:
    """Refuses an edit of something that somebody else has edited since the form was opened."""
    assert transaction.get_connection().in_atomic_block
    if seen != now_stands:
        raise Conflict(
            "edited_meanwhile",
            "Somebody has changed this since you opened it. Copy what you typed, reload, and look at theirs.",
        )
