"""What a gateway sends on to our bank."""

from django.db import models
from django.db.models import F, Q

from billing.fields import FromGateway, currency_field, currency_is_iso, one_per_gateway_id
from billing.history.tracking import tracked


class PayoutState(models.TextChoices):
    PENDING = "pending", "Pending"
    IN_TRANSIT = "in_transit", "On its way"
    PAID = "paid", "Paid"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Canceled"


@tracked()
class Payout(FromGateway):
    """Money from the gateway to our bank; below zero, the gateway took it from our bank.

    ``arrival_on`` is the day on which the gateway expects it there. ``is_reconciled``: the gateway has said
    which movements it is made of.
    """

    reference = models.CharField(max_length=24, unique=True)
    state = models.CharField(max_length=12, choices=PayoutState)
    currency = currency_field()
    amount_minor = models.BigIntegerField()
    arrival_on = models.DateField(null=True, blank=True)
    is_automatic = models.BooleanField(default=False)
    is_instant = models.BooleanField(default=False)
    is_reconciled = models.BooleanField(default=False)
    failure_code = models.CharField(max_length=64, blank=True, default="")
    failure_message = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            one_per_gateway_id("payout"),
            currency_is_iso("payout"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="payout_moves_something"),
        ]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="payout_newest_first"),
            models.Index("state", F("created_at").desc(), F("id").desc(), name="payout_by_state"),
        ]

    def __str__(self) -> str:
        return self.reference
