"""Who is on what, at which price, in which period."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from billing.catalog.models import Price
from billing.customers.models import Customer
from billing.fields import AppendOnly, FromGateway, currency_field, currency_is_iso, one_per_gateway_id
from billing.history.tracking import tracked

#: Stands for "no period" where ends of periods are compared: after every real one.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class SubscriptionState(models.TextChoices):
    INCOMPLETE = "incomplete", "Incomplete"
    TRIALING = "trialing", "In trial"
    ACTIVE = "active", "Active"
    PAST_DUE = "past_due", "Past due"
    UNPAID = "unpaid", "Unpaid"
    PAUSED = "paused", "Paused"
    CANCELED = "canceled", "Canceled"
    EXPIRED = "expired", "Expired"


class CollectedBy(models.TextChoices):
    US = "us", "Our billing run"
    GATEWAY = "gateway", "The gateway"


class AskedBy(models.TextChoices):
    CUSTOMER = "customer", "The customer"
    STAFF = "staff", "Staff"
    SYSTEM = "system", "The system"


class Collection(models.TextChoices):
    CHARGE = "charge", "Charge the payment method"
    SEND = "send", "Send an invoice to be paid"


class ProrationBasis(models.TextChoices):
    SECOND = "second", "By the second"
    DAY = "day", "By the day"
    FIXED30 = "fixed30", "By months of 30 days"


@tracked()
class Subscription(FromGateway):
    """A customer on a tier. What it costs is the sum of its items.

    What follows ``created_at`` concerns those that our billing run collects: how, with what share of a
    period, since when and until when it is paused, and when its next credits are due. ``usage_due_at`` is
    when one that was ended at once did end, as long as what it used until then waits to be billed.
    """

    reference = models.CharField(max_length=24, unique=True)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="subscriptions", db_index=False
    )
    state = models.CharField(max_length=16, choices=SubscriptionState)
    collected_by = models.CharField(max_length=8, choices=CollectedBy)
    currency = currency_field()
    anchor_at = models.DateTimeField()
    current_period_start = models.DateTimeField(null=True, blank=True)
    current_period_end = models.DateTimeField(null=True, blank=True)
    trial_ends_at = models.DateTimeField(null=True, blank=True)
    cancel_at_period_end = models.BooleanField(default=False)
    cancel_at = models.DateTimeField(null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    continues = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="continued_by"
    )
    created_at = models.DateTimeField()
    asked_by = models.CharField(max_length=8, choices=AskedBy, blank=True, default="")
    collection = models.CharField(max_length=8, choices=Collection, default=Collection.CHARGE)
    due_days = models.PositiveSmallIntegerField(default=14)
    proration_basis = models.CharField(max_length=8, choices=ProrationBasis, default=ProrationBasis.SECOND)
    paused_at = models.DateTimeField(null=True, blank=True)
    resumes_at = models.DateTimeField(null=True, blank=True)
    credits_due_at = models.DateTimeField(null=True, blank=True)
    usage_due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_per_gateway_id("subscription"),
            currency_is_iso("subscription"),
            models.CheckConstraint(
                condition=Q(current_period_end__isnull=True)
                | Q(current_period_end__gt=F("current_period_start")),
                name="subscription_period_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(usage_due_at__isnull=True)
                | Q(ended_at__isnull=False, usage_due_at=F("ended_at")),
                name="subscription_owes_usage_up_to_its_end",
            ),
            models.CheckConstraint(
                condition=Q(resumes_at__isnull=True)
                | Q(paused_at__isnull=False, resumes_at__gt=F("paused_at")),
                name="subscription_resumes_after_it_pauses",
            ),
        ]
        indexes = [
            models.Index("customer", F("created_at").desc(), F("id").desc(), name="subscription_of_customer"),
            models.Index(F("created_at").desc(), F("id").desc(), name="subscription_newest_first"),
            models.Index("state", F("created_at").desc(), F("id").desc(), name="subscription_by_state"),
            models.Index(Coalesce("current_period_end", Value(NEVER)), "id", name="subscription_by_end"),
            models.Index(
                "state", Coalesce("current_period_end", Value(NEVER)), "id", name="subscription_state_by_end"
            ),
            models.Index(
                "current_period_end",
                "id",
                condition=Q(collected_by="us", state__in=("trialing", "active", "past_due")),
                name="subscription_due",
            ),
            models.Index(
                "resumes_at", "id", condition=Q(resumes_at__isnull=False), name="subscription_resuming"
            ),
            models.Index(
                "usage_due_at",
                "id",
                condition=Q(usage_due_at__isnull=False),
                name="subscription_usage_due",
            ),
            models.Index(
                "credits_due_at",
                "id",
                condition=Q(credits_due_at__isnull=False),
                name="subscription_credits_due",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


@tracked()
class SubscriptionItem(FromGateway):
    """One price of a subscription, times a quantity."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="items")
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="items")
    quantity = models.PositiveIntegerField(default=1)
    discount_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            one_per_gateway_id("subscription_item"),
            models.CheckConstraint(
                condition=Q(discount_minor__gte=0), name="item_discount_is_not_below_zero"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.price_id}"


class MovementKind(models.TextChoices):
    NEW = "new", "New"
    EXPANSION = "expansion", "Expansion"
    CONTRACTION = "contraction", "Contraction"
    CHURN = "churn", "Churn"
    REACTIVATION = "reactivation", "Reactivation"


class MrrMovement(AppendOnly):
    """A dated change of one customer's monthly recurring revenue in one currency.

    The sum of a customer's movements is that customer's MRR: signed minor units a month.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="mrr_movements", db_index=False
    )
    subscription = models.ForeignKey(
        Subscription, null=True, blank=True, on_delete=models.PROTECT, related_name="mrr_movements"
    )
    day = models.DateField()
    at = models.DateTimeField()
    currency = currency_field()
    kind = models.CharField(max_length=16, choices=MovementKind)
    amount_minor = models.BigIntegerField()
    cause = models.CharField(max_length=120, unique=True)

    class Meta:
        constraints = [
            currency_is_iso("mrr_movement"),
            models.CheckConstraint(
                condition=Q(kind__in=["new", "expansion", "reactivation"], amount_minor__gt=0)
                | Q(kind__in=["contraction", "churn"], amount_minor__lt=0),
                name="mrr_movement_has_the_sign_of_its_kind",
            ),
        ]
        indexes = [
            models.Index("customer", "currency", "at", name="mrr_of_customer"),
            models.Index("currency", "day", "kind", include=["amount_minor"], name="mrr_by_day"),
            models.Index("kind", F("at").desc(), F("id").desc(), name="mrr_by_kind"),
            models.Index(F("at").desc(), F("id").desc(), name="mrr_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor} {self.currency}"
