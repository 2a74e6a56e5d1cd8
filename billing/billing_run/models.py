"""What the batches of a billing run did, and which usage they have billed."""

from django.db import models
from django.db.models import F, Q

from billing.catalog.models import Meter
from billing.customers.models import Customer
from billing.fields import AppendOnly
from billing.invoices.models import Invoice
from billing.jobs.models import Run
from billing.subscriptions.models import Subscription
from billing.usage.pricing_models import UsagePrice


class BillingBatch(AppendOnly):
    """One batch, written in the transaction that did it: what is told here has happened, and nothing else.

    ``totals`` are of its invoices by currency: how many, and net, tax and total in minor units.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="billing_batches", db_index=False)
    worker = models.CharField(max_length=64)
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    renewed = models.PositiveIntegerField(default=0)
    ended = models.PositiveIntegerField(default=0)
    invoices = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    totals = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index("run", "id", name="batches_of_run")]

    def __str__(self) -> str:
        return f"{self.renewed} renewed by {self.worker}"


class UsageBilled(AppendOnly):
    """A stretch of a customer's use of a meter that has been billed; stretches leave no gap between them.

    ``quantity`` is all that was recorded in it, ``billed`` what of it is past the included, ``invoice`` None
    where that came to nothing. Nothing may be recorded in the stretch any more: see `close_usage`.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="usage_billed", db_index=False
    )
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="billed", db_index=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="usage_billed")
    price = models.ForeignKey(UsagePrice, on_delete=models.PROTECT, related_name="billed", db_index=False)
    invoice = models.ForeignKey(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="usage_billed"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    quantity = models.DecimalField(max_digits=30, decimal_places=6)
    billed = models.DecimalField(max_digits=30, decimal_places=6)
    amount_minor = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "usage billed"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "meter", "starts_at"], name="usage_is_billed_once_from_a_moment"
            ),
            models.UniqueConstraint(
                fields=["customer", "meter", "ends_at"], name="usage_is_billed_once_to_a_moment"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="billed_usage_has_a_length"),
            models.CheckConstraint(
                condition=Q(billed__gte=0, billed__lte=F("quantity"), amount_minor__gte=0),
                name="billed_usage_was_recorded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.meter_id} to {self.ends_at:%Y-%m-%d}"
