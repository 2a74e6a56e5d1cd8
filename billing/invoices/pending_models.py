"""What waits for a customer's next invoice."""

from django.db import models
from django.db.models import F, Q

from billing.catalog.models import Price, TaxClass
from billing.customers.models import Customer
from billing.fields import currency_field, currency_is_iso
from billing.history.tracking import tracked
from billing.invoices.models import Invoice, InvoiceLine, LineKind
from billing.tax.treatments import Treatment


@tracked()
class PendingLine(models.Model):
    """A piece that waits for the next invoice of its subscription, or of its customer where it has none.

    ``amount_minor`` is net, or gross where ``inclusive``; below zero it gives back. ``cause`` is what it was
    made for, once. ``invoice`` is the one that took it: from then on it is fixed.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="pending_lines", db_index=False
    )
    subscription = models.ForeignKey(
        "billing.Subscription", null=True, blank=True, on_delete=models.PROTECT, related_name="pending_lines"
    )
    currency = currency_field()
    kind = models.CharField(max_length=20, choices=LineKind)
    description = models.CharField(max_length=500)
    amount_minor = models.BigIntegerField()
    inclusive = models.BooleanField(default=False)
    quantity = models.DecimalField(max_digits=20, decimal_places=6, default=1)
    unit_amount_minor = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    price = models.ForeignKey(Price, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    item_id = models.BigIntegerField(null=True, blank=True)
    takes_back = models.ForeignKey(
        InvoiceLine, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    takes_back_number = models.CharField(max_length=64, blank=True, default="")
    takes_back_rate = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    takes_back_treatment = models.CharField(max_length=16, blank=True, default="", choices=Treatment)
    tax_class = models.CharField(max_length=12, blank=True, default="", choices=TaxClass)
    why = models.JSONField(default=dict, blank=True)
    cause = models.CharField(max_length=200, unique=True)
    invoice = models.ForeignKey(
        Invoice, null=True, blank=True, on_delete=models.SET_NULL, related_name="pending_lines"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            currency_is_iso("pending_line"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="pending_line_is_not_zero"),
        ]
        indexes = [
            models.Index(
                "customer", "currency", "id", condition=Q(invoice__isnull=True), name="pending_line_waiting"
            ),
            models.Index("customer", F("created_at").desc(), name="pending_line_of_customer"),
        ]

    def __str__(self) -> str:
        return self.description
