"""The sums that all processes share, and the rhythm in which something is usually heard."""

from django.db import models


class MetricTotal(models.Model):
    """One sum. ``labels`` is the JSON list of the label values in the catalogue's order.

    ``part`` is empty for a counter; of times it is the upper bound of a bucket in seconds ("+Inf" for the
    last), whose ``value`` counts the times in this bucket alone, or "sum", in microseconds.
    """

    name = models.CharField(max_length=64)
    labels = models.CharField(max_length=400)
    part = models.CharField(max_length=12, blank=True, default="")
    value = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "labels", "part"], name="metric_total_is_kept_once"),
            models.CheckConstraint(condition=models.Q(value__gte=0), name="metric_total_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.name}{self.labels} {self.part}".rstrip()


class HeardSpan(models.Model):
    """How much one sender said in one quarter of an hour, and when last.

    ``sender`` is "source/endpoint". Quarters without a word have no row; old ones are dropped.
    """

    sender = models.CharField(max_length=64)
    span_at = models.DateTimeField()
    heard = models.PositiveIntegerField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "span_at"], name="heard_span_is_kept_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sender} {self.span_at:%Y-%m-%d %H:%M}: {self.heard}"
