"""The index of the catalog's models: tiers and prices, what a tier gives, and token packages."""

from billing.catalog.package_models import PackagePrice, TokenPackage
from billing.catalog.terms_models import (
    Aggregation,
    Feature,
    Meter,
    PackageUnit,
    Past,
    Per,
    Quota,
    Rollover,
    Rounding,
    TierCredits,
    TierFeature,
)
from billing.catalog.tier_models import IntervalUnit, Price, TaxClass, Tier

__all__ = [
    "Aggregation",
    "Feature",
    "IntervalUnit",
    "Meter",
    "PackagePrice",
    "PackageUnit",
    "Past",
    "Per",
    "Price",
    "Quota",
    "Rollover",
    "Rounding",
    "TaxClass",
    "Tier",
    "TierCredits",
    "TierFeature",
    "TokenPackage",
]
