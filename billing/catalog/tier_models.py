"""What is sold: tiers, and prices that never change once written."""

from django.db import models
from django.db.models import Q

from billing.fields import FromGateway, currency_field, currency_is_iso, one_per_gateway_id
from billing.history.tracking import tracked


class IntervalUnit(models.TextChoices):
    DAY = "day", "day"
    WEEK = "week", "week"
    MONTH = "month", "month"
    YEAR = "year", "year"


class TaxClass(models.TextChoices):
    """At which kind of rate a product is taxed; empty where it is as the seller's settings say."""

    STANDARD = "standard", "Standard rate"
    REDUCED = "reduced", "Reduced rate"


@tracked()
class Tier(FromGateway):
    """What is sold: features, quotas and credits under a slug; ``rank`` orders them from small to large.

    ``features`` are a gateway's words to show; what a customer may use is in `TierFeature` alone.
    ``is_default`` marks the one tier that a new user of the host product gets. ``tax_class`` is that of all
    that is billed for it, from the next invoice on.
    """

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")
    rank = models.PositiveSmallIntegerField(default=0)
    trial_days = models.PositiveSmallIntegerField(default=0)
    tax_class = models.CharField(max_length=12, blank=True, default="", choices=TaxClass)
    features = models.JSONField(default=list, blank=True)
    is_public = models.BooleanField(default=True)
    is_archived = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["rank", "id"]
        constraints = [
            one_per_gateway_id("tier"),
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="tier_for_new_users_is_one"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_archived=False), name="tier_for_new_users_is_sold"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Price(FromGateway):
    """An amount for a tier in one currency and interval; a change is a new row with the next version.

    ``unit_amount_minor`` is for one seat and one interval, without tax unless ``tax_inclusive``. A price that
    is not ``per_seat`` is flat: it is for the whole subscription, whose quantity is then 1.
    """

    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="prices")
    currency = currency_field()
    unit_amount_minor = models.BigIntegerField()
    interval_unit = models.CharField(max_length=8, choices=IntervalUnit)
    interval_count = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField()
    tax_inclusive = models.BooleanField(default=False)
    per_seat = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            one_per_gateway_id("price"),
            models.UniqueConstraint(
                fields=["tier", "currency", "interval_unit", "interval_count", "version"],
                name="price_version_is_unique",
            ),
            models.CheckConstraint(condition=Q(unit_amount_minor__gte=0), name="price_is_not_below_zero"),
            models.CheckConstraint(condition=Q(interval_count__gte=1), name="price_interval_is_at_least_one"),
            currency_is_iso("price"),
        ]

    def __str__(self) -> str:
        return f"{self.tier_id} v{self.version} {self.currency}"
