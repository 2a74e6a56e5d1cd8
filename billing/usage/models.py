"""What was used: one row for each event, counters that follow from them, and what is not known."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from billing.catalog.models import Meter, PackageUnit
from billing.customers.models import Customer
from billing.fields import AppendOnly
from billing.history.tracking import tracked


class Span(models.TextChoices):
    DAY = "day", "Day"
    MONTH = "month", "Month"
    PERIOD = "period", "Billing period"


class UsageStream(models.Model):
    """One customer's use of one meter. Its row is the lock under which events are recorded, one by one.

    ``closed_until``: up to here it has been billed; what is told of an earlier moment later counts from here
    on. ``reported_until``: the host said that it has sent all of this customer's usage up to here.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="usage_streams", db_index=False
    )
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="streams", db_index=False)
    opened_at = models.DateTimeField()
    closed_until = models.DateTimeField(null=True, blank=True)
    reported_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "meter"], name="usage_stream_is_one"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} uses {self.meter_id}"


class UsageEvent(AppendOnly):
    """That a customer used something; inserting it counts it, in the database.

    ``at`` is when it happened, ``counted_at`` when it counts (later where that time was billed already) and
    ``received_at`` when we learned of it. ``value_digest`` stands for what a meter of different things
    counts, which is not kept itself. ``credits`` is what of it credits paid, in ``credit_unit``.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="usage_events", db_index=False
    )
    # Its stream holds the meter for it: a second check would lock the meter's row with each event.
    meter = models.ForeignKey(
        Meter, on_delete=models.PROTECT, related_name="events", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=32)
    quantity = models.DecimalField(max_digits=24, decimal_places=6)
    value_digest = models.CharField(max_length=32, blank=True, default="")
    at = models.DateTimeField()
    counted_at = models.DateTimeField()
    period_starts_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    credits = models.BigIntegerField(default=0)
    credit_unit = models.CharField(max_length=12, choices=PackageUnit, blank=True, default="")
    actor_ref = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "meter", "key"], name="usage_is_recorded_once"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="usage_is_not_below_zero"),
            models.CheckConstraint(
                condition=Q(counted_at__gte=F("at")), name="usage_counts_when_it_happened"
            ),
            models.CheckConstraint(
                condition=Q(credits=0, credit_unit="") | (Q(credits__gt=0) & ~Q(credit_unit="")),
                name="usage_says_which_credits_paid",
            ),
            models.CheckConstraint(condition=~Q(key="") & ~Q(actor_ref=""), name="usage_names_its_key"),
        ]
        indexes = [
            models.Index("customer", "meter", "counted_at", name="usage_of_customer"),
            models.Index(
                "customer",
                "meter",
                "value_digest",
                "counted_at",
                condition=~Q(value_digest=""),
                name="usage_of_different_values",
            ),
            models.Index(F("received_at").desc(), F("id").desc(), name="usage_newest_first"),
            models.Index("meter", F("received_at").desc(), F("id").desc(), name="usage_by_meter"),
            # Who used it at a time: events come about in the order of their moments, so little is enough.
            BrinIndex(fields=["at"], name="usage_by_moment", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.meter_id}"

    @property
    def reference(self) -> str:
        """What the host calls it."""
        return self.key


class UsageCounter(models.Model):
    """What the events of one day, month or billing period come to; written by the events alone.

    Every aggregation is kept: which of them is the meter's number, its catalog entry says.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="usage_counters", db_index=False
    )
    meter = models.ForeignKey(
        Meter, on_delete=models.PROTECT, related_name="counters", db_index=False, db_constraint=False
    )
    span = models.CharField(max_length=8, choices=Span)
    starts_at = models.DateTimeField()
    events = models.BigIntegerField()
    total = models.DecimalField(max_digits=30, decimal_places=6)
    largest = models.DecimalField(max_digits=24, decimal_places=6)
    latest = models.DecimalField(max_digits=24, decimal_places=6)
    latest_at = models.DateTimeField()
    different = models.BigIntegerField()
    credits = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "meter", "span", "starts_at"], name="usage_counter_is_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.total} in the {self.span} of {self.starts_at:%Y-%m-%d}"


class UsageThreshold(models.Model):
    """That a customer's use passed a share of their quota, once for each stretch the quota is for.

    It is written with the event that passed it; ``told_at`` is when the customer was written to.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="usage_thresholds", db_index=False
    )
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="thresholds", db_index=False)
    span = models.CharField(max_length=8, choices=Span)
    starts_at = models.DateTimeField()
    percent = models.PositiveSmallIntegerField()
    limit = models.BigIntegerField()
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "meter", "span", "starts_at", "percent"],
                name="usage_threshold_is_passed_once",
            ),
        ]
        indexes = [
            models.Index("id", condition=Q(told_at=None), name="usage_threshold_to_tell"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of {self.limit}"


@tracked(exclude=["reason"])
class UsageGap(models.Model):
    """A stretch of time whose usage is not known: reports were lost, or cannot be trusted.

    ``customer`` None is everybody. As long as it is open, nothing within it is billed.
    """

    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="usage_gaps", db_index=False
    )
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="gaps", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.TextField()
    noted_at = models.DateTimeField()
    noted_by_ref = models.CharField(max_length=64)
    noted_by_name = models.CharField(max_length=120, blank=True, default="")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by_ref = models.CharField(max_length=64, blank=True, default="")
    closed_by_name = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="usage_gap_has_a_length"),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by_ref="")
                | (Q(closed_at__isnull=False) & ~Q(closed_by_ref="")),
                name="usage_gap_says_who_closed_it",
            ),
        ]
        indexes = [
            models.Index("meter", "starts_at", condition=Q(closed_at=None), name="usage_gap_open"),
            models.Index("customer", condition=Q(customer__isnull=False), name="usage_gap_of_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.meter_id} unknown from {self.starts_at:%Y-%m-%d %H:%M}"


class MeterReport(models.Model):
    """Up to when the host has sent all usage of a meter, by its own word."""

    meter = models.OneToOneField(Meter, on_delete=models.PROTECT, related_name="report")
    reported_until = models.DateTimeField()
    said_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.meter_id} until {self.reported_until:%Y-%m-%d %H:%M}"
