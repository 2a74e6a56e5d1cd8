"""What can be done with the catalog: recording what gateways tell of it, and editing what is sold."""

from billing.catalog.giving import (
    create_feature,
    create_meter,
    drop_credits,
    drop_quota,
    edit_feature,
    edit_meter,
    set_credits,
    set_features,
    set_quota,
)
from billing.catalog.packaging import (
    add_package_price,
    archive_package,
    create_package,
    edit_package,
    restore_package,
)
from billing.catalog.pricing import add_price, retire_price
from billing.catalog.recording import (
    mention_prices,
    mention_tiers,
    record_price,
    record_prices,
    record_tier,
    record_tiers,
)
from billing.catalog.selling import archive_tier, create_tier, edit_tier, restore_tier

__all__ = [
    "add_package_price",
    "add_price",
    "archive_package",
    "archive_tier",
    "create_feature",
    "create_meter",
    "create_package",
    "create_tier",
    "drop_credits",
    "drop_quota",
    "edit_feature",
    "edit_meter",
    "edit_package",
    "edit_tier",
    "mention_prices",
    "mention_tiers",
    "record_price",
    "record_prices",
    "record_tier",
    "record_tiers",
    "restore_package",
    "restore_tier",
    "retire_price",
    "set_credits",
    "set_features",
    "set_quota",
]
