"""Outages that were recorded, and what each customer whom one hit gets for it."""

from django.db import models
from django.db.models import F, Q

from billing.catalog.models import Meter, Tier
from billing.credits.models import CreditEntry
from billing.customers.models import Customer
from billing.history.tracking import tracked


class IncidentState(models.TextChoices):
    RECORDED = "recorded", "Recorded"
    CREDITED = "credited", "Credited"
    WITHDRAWN = "withdrawn", "Withdrawn"


@tracked(exclude=["reason"])
class Incident(models.Model):
    """An outage: what was out, from when to when, and of which meter's users.

    ``title`` is what customers read; ``tier`` narrows it to those on one tier. ``hit`` and ``left_out`` say
    how many get something and how many do not. What was recorded does not change; a mistake is withdrawn.
    """

    reference = models.CharField(max_length=24, unique=True)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=12, choices=IncidentState, default=IncidentState.RECORDED)
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="incidents", db_index=False)
    tier = models.ForeignKey(
        Tier, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents", db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.TextField()
    hit = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    form_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    recorded_by_ref = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="incident_has_a_length"),
        ]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="incident_newest_first"),
            models.Index("state", F("created_at").desc(), F("id").desc(), name="incident_by_state"),
            models.Index("meter", "starts_at", name="incident_of_meter"),
        ]

    def __str__(self) -> str:
        return self.reference


@tracked()
class IncidentCredit(models.Model):
    """What one customer gets for one incident in one currency, or why they get nothing (``why_not``).

    ``shares`` tells how the amount came about: for each stretch that was billed its price, its seconds, and
    how many of them were out. ``entry`` is the movement of store credit that gave it, once.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="credits", db_index=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="incident_credits", db_index=False
    )
    currency = models.CharField(max_length=3, blank=True, default="")
    amount_minor = models.BigIntegerField(default=0)
    seconds = models.PositiveIntegerField(default=0)
    shares = models.JSONField(default=list, blank=True)
    why_not = models.CharField(max_length=200, blank=True, default="")
    entry = models.OneToOneField(
        CreditEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="incident_credit"
    )
    given_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "customer", "currency"], name="incident_credits_a_customer_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, why_not="") | (Q(amount_minor=0) & ~Q(why_not="")),
                name="incident_credit_or_why_not",
            ),
            models.CheckConstraint(
                condition=Q(given_at=None, entry=None)
                | Q(given_at__isnull=False, entry__isnull=False, amount_minor__gt=0),
                name="incident_credit_names_its_entry",
            ),
        ]
        indexes = [
            models.Index(
                "incident", F("amount_minor").desc(), F("id").desc(), name="incident_credits_largest"
            ),
            models.Index(F("amount_minor").desc(), F("id").desc(), name="incident_credits_by_amount"),
            models.Index(
                "customer", F("amount_minor").desc(), F("id").desc(), name="incident_credits_of_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency} for {self.customer_id}"

    @property
    def reference(self) -> str:
        """What a list and a run call it."""
        return f"{self.customer.reference} {self.currency}".strip()
