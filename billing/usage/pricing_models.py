"""What usage costs: an amount for so many units of a meter, past those that the period includes."""

from django.db import models
from django.db.models import Q

from billing.catalog.models import Meter, Tier
from billing.fields import AppendOnly, currency_field, currency_is_iso


class UsagePrice(AppendOnly):
    """What a tier asks for a meter's usage in one currency, from ``since`` on; a change is a newer row.

    Each ``per_units`` units past ``included`` in a billing period cost ``unit_amount_minor``, in arrears; a
    part of them costs its part. Without tax, unless the subscription's own price includes it.
    """

    tier = models.ForeignKey(Tier, on_delete=models.PROTECT, related_name="usage_prices", db_index=False)
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="usage_prices", db_index=False)
    currency = currency_field()
    unit_amount_minor = models.BigIntegerField()
    per_units = models.PositiveBigIntegerField(default=1)
    included = models.PositiveBigIntegerField(default=0)
    since = models.DateTimeField()
    created_at = models.DateTimeField()
    reason = models.TextField()
    actor_ref = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "meter", "currency", "since"], name="usage_is_priced_once_at_a_moment"
            ),
            models.CheckConstraint(
                condition=Q(unit_amount_minor__gte=0, per_units__gte=1), name="usage_price_is_an_amount"
            ),
            currency_is_iso("usage_price"),
        ]
        indexes = [models.Index("meter", name="usage_prices_of_meter")]

    def __str__(self) -> str:
        return f"{self.unit_amount_minor} {self.currency} per {self.per_units} of {self.meter_id}"
