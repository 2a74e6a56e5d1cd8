"""What a tier gives: features, quotas held against meters, and credits each period."""

from django.db import models
from django.db.models import Q

from billing.catalog.tier_models import Tier
from billing.history.tracking import tracked


class Aggregation(models.TextChoices):
    SUM = "sum", "Sum of the quantities"
    COUNT = "count", "How many events"
    MAX = "max", "The largest"
    LAST = "last", "The latest"
    UNIQUE = "unique", "How many different"


class Rounding(models.TextChoices):
    UP = "up", "Up"
    DOWN = "down", "Down"
    NEAREST = "nearest", "To the nearest"
    NONE = "none", "Not at all"


class Per(models.TextChoices):
    DAY = "day", "day"
    MONTH = "month", "month"
    PERIOD = "period", "billing period"


class Past(models.TextChoices):
    HARD = "hard", "Refused"
    SOFT = "soft", "Let through"
    CREDITS = "credits", "Paid by credits"


class Rollover(models.TextChoices):
    NONE = "none", "Lapses"
    CAPPED = "capped", "Kept up to a cap"
    ALL = "all", "Kept"


class PackageUnit(models.TextChoices):
    """The units that are granted and sold; store credit is money and neither."""

    TOKENS = "tokens", "Tokens"
    AI_REQUESTS = "ai_requests", "AI requests"


@tracked()
class Feature(models.Model):
    """Something that a customer may use or not, asked for by its slug."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


@tracked()
class Meter(models.Model):
    """Something that is measured: how events become one number, and how that is rounded to whole units."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=40, default="unit")
    aggregation = models.CharField(max_length=8, choices=Aggregation, default=Aggregation.SUM)
    rounding = models.CharField(max_length=8, choices=Rounding, default=Rounding.NONE)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


@tracked()
class TierFeature(models.Model):
    """That a tier gives a feature."""

    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="given")
    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="given_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tier", "feature"], name="tier_gives_a_feature_once"),
        ]

    def __str__(self) -> str:
        return f"{self.tier_id} gives {self.feature_id}"


@tracked()
class Quota(models.Model):
    """How much of a meter a tier gives per day, month or billing period, and what happens past it.

    ``limit`` None is unlimited. Past a quota that credits pay, each unit of the meter costs
    ``credits_each`` credits of ``credit_unit``.
    """

    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="quotas")
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="quotas")
    limit = models.PositiveBigIntegerField(null=True, blank=True)
    per = models.CharField(max_length=8, choices=Per, default=Per.MONTH)
    past = models.CharField(max_length=8, choices=Past, default=Past.HARD)
    credit_unit = models.CharField(max_length=12, choices=PackageUnit, blank=True, default="")
    credits_each = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tier", "meter"], name="tier_has_one_quota_per_meter"),
            models.CheckConstraint(
                condition=Q(past="credits", credits_each__gte=1, credit_unit__in=("tokens", "ai_requests"))
                | (~Q(past="credits") & Q(credits_each__isnull=True, credit_unit="")),
                name="quota_says_what_credits_pay",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meter_id}: {self.limit} per {self.per}"


@tracked()
class TierCredits(models.Model):
    """How many credits of a unit a tier grants, how often, and what becomes of those that are left."""

    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="credits")
    unit = models.CharField(max_length=12, choices=PackageUnit)
    amount = models.PositiveBigIntegerField()
    per = models.CharField(
        max_length=8, choices=[(Per.MONTH.value, "month"), (Per.PERIOD.value, "billing period")]
    )
    rollover = models.CharField(max_length=8, choices=Rollover, default=Rollover.NONE)
    rollover_cap = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "tier credits"
        constraints = [
            models.UniqueConstraint(fields=["tier", "unit"], name="tier_grants_a_unit_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=1) & Q(per__in=("month", "period")), name="tier_credits_are_some"
            ),
            models.CheckConstraint(
                condition=Q(rollover="capped", rollover_cap__isnull=False)
                | (~Q(rollover="capped") & Q(rollover_cap__isnull=True)),
                name="tier_credits_have_a_cap_when_capped",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit} per {self.per}"
