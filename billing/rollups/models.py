"""Daily totals that grow with the tables they sum, so that a figure never costs a full scan."""

from django.db import models

from billing.fields import TransactionIdField


class DailyTotal(models.Model):
    """How many rows, and what amount, one measure had on one day in one currency (minor units)."""

    measure = models.CharField(max_length=64)
    day = models.DateField()
    currency = models.CharField(max_length=3, blank=True, default="")
    count = models.BigIntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["measure", "currency", "day"], name="daily_total_is_kept_once")
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.day} {self.currency}"


class RollupMark(models.Model):
    """Up to which transaction a source has been summed; everything newer is read live."""

    source = models.CharField(max_length=64, primary_key=True)
    below_xid = TransactionIdField()
    rolled_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.source} below {self.below_xid}"
