"""Chargebacks and the warnings of them."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from billing.customers.models import Customer
from billing.fields import FromGateway, currency_field, currency_is_iso, one_per_gateway_id
from billing.history.tracking import tracked
from billing.payments.models import Payment

#: Stands for "no deadline" where deadlines are compared: after every real one.
NO_DEADLINE = datetime(9999, 1, 1, tzinfo=UTC)


class DisputeState(models.TextChoices):
    WARNING = "warning", "Early warning"
    WARNING_CLOSED = "warning_closed", "Closed"
    NEEDS_RESPONSE = "needs_response", "Needs a response"
    UNDER_REVIEW = "under_review", "Under review"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    PREVENTED = "prevented", "Prevented"


@tracked()
class Dispute(FromGateway):
    """A chargeback: ``withdrawn_minor`` is what the gateway has taken from us and not given back.

    ``warning_gateway_id`` is the card network's early warning of it, an object of its own at the gateway. A
    row that was only warned of carries that id as its own, and takes the chargeback's when that follows.
    """

    reference = models.CharField(max_length=24, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="disputes")
    state = models.CharField(max_length=16, choices=DisputeState)
    reason = models.CharField(max_length=64, blank=True, default="")
    currency = currency_field()
    amount_minor = models.BigIntegerField()
    withdrawn_minor = models.BigIntegerField(default=0)
    warning_gateway_id = models.CharField(max_length=255, blank=True, default="", db_default="")
    evidence_due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            one_per_gateway_id("dispute"),
            currency_is_iso("dispute"),
            models.UniqueConstraint(
                fields=["gateway", "warning_gateway_id"],
                condition=~Q(warning_gateway_id=""),
                name="dispute_warning_is_known_once",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="dispute_is_above_zero"),
            models.CheckConstraint(
                condition=Q(withdrawn_minor__gte=0), name="dispute_withdraws_nothing_below_zero"
            ),
        ]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="dispute_newest_first"),
            models.Index("state", F("created_at").desc(), F("id").desc(), name="dispute_by_state"),
            models.Index("customer", F("created_at").desc(), F("id").desc(), name="dispute_of_customer"),
            models.Index(Coalesce("evidence_due_at", Value(NO_DEADLINE)), "id", name="dispute_by_due"),
            models.Index(
                "state",
                Coalesce("evidence_due_at", Value(NO_DEADLINE)),
                "id",
                name="dispute_state_by_due",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
