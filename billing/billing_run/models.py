"""What the batches of a billing run did."""

from django.db import models

from billing.fields import AppendOnly
from billing.jobs.models import Run


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
