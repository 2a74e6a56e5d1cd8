"""Token packages: prepaid units sold at once, at prices that never change once written."""

from django.db import models
from django.db.models import Q

from billing.catalog.terms_models import PackageUnit
from billing.catalog.tier_models import TaxClass
from billing.fields import currency_field, currency_is_iso
from billing.history.tracking import tracked


@tracked()
class TokenPackage(models.Model):
    """Units that are bought at once. What one gets for how much stands in its prices; ``tax_class`` is for
    what is bought from now on."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")
    unit = models.CharField(max_length=12, choices=PackageUnit)
    tax_class = models.CharField(max_length=12, blank=True, default="", choices=TaxClass)
    rank = models.PositiveSmallIntegerField(default=0)
    is_public = models.BooleanField(default=True)
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["rank", "id"]

    def __str__(self) -> str:
        return self.name


@tracked()
class PackagePrice(models.Model):
    """How many units cost how much in one currency; a change is a new row with the next version.

    ``amount_minor`` is without tax unless ``tax_inclusive``. ``valid_days`` None: what was bought does not
    expire.
    """

    package = models.ForeignKey(TokenPackage, on_delete=models.PROTECT, related_name="prices")
    currency = currency_field()
    amount_minor = models.BigIntegerField()
    units = models.PositiveBigIntegerField()
    valid_days = models.PositiveIntegerField(null=True, blank=True)
    version = models.PositiveIntegerField()
    tax_inclusive = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["package", "currency", "version"], name="package_price_version_is_unique"
            ),
            models.UniqueConstraint(
                fields=["package", "currency"],
                condition=Q(is_active=True),
                name="package_has_one_current_price_per_currency",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=1), name="package_price_is_above_zero"),
            models.CheckConstraint(condition=Q(units__gte=1), name="package_gives_some_units"),
            models.CheckConstraint(
                condition=Q(valid_days__isnull=True) | Q(valid_days__gte=1),
                name="package_is_valid_for_some_days",
            ),
            currency_is_iso("package_price"),
        ]

    def __str__(self) -> str:
        return f"{self.package_id} v{self.version} {self.currency}"
