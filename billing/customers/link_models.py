"""That two customers are one and the same payer, said by a person and taken back by one."""

from django.db import models
from django.db.models import F, Q

from billing.customers.models import Customer
from billing.history.tracking import tracked


@tracked(exclude=["reason", "undo_reason"])
class CustomerLink(models.Model):
    """``customer`` is the same payer as ``into``, from ``made_at`` until ``undone_at``.

    A link moves no row: invoices, payments and credits stay with the customer that they were made for, and
    undoing it leaves everything as it was. One step deep: ``into`` is itself merged into nobody.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="merged_into", db_index=False
    )
    into = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="merged", db_index=False)
    reason = models.TextField()
    made_at = models.DateTimeField()
    made_by_ref = models.CharField(max_length=64)
    made_by_name = models.CharField(max_length=120, blank=True, default="")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by_ref = models.CharField(max_length=64, blank=True, default="")
    undone_by_name = models.CharField(max_length=120, blank=True, default="")
    undo_reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(undone_at__isnull=True), name="customer_is_merged_into_one"
            ),
            models.CheckConstraint(condition=~Q(customer=F("into")), name="customer_is_merged_into_another"),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | Q(undone_at__gte=F("made_at")),
                name="customer_link_is_undone_after_it_was_made",
            ),
        ]
        indexes = [
            models.Index("customer", F("made_at").desc(), name="customer_link_of_customer"),
            models.Index("into", condition=Q(undone_at__isnull=True), name="customer_link_into"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} is {self.into_id}"
