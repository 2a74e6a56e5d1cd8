"""Money going back."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Right

from billing.customers.models import Customer
from billing.fields import FromGateway, currency_field, currency_is_iso, one_per_gateway_id
from billing.history.tracking import tracked
from billing.invoices.models import CreditNote, Invoice
from billing.payments.models import Payment


class RefundState(models.TextChoices):
    DRAFT = "draft", "Draft"
    PENDING_APPROVAL = "pending_approval", "Waiting for approval"
    APPROVED = "approved", "Approved"
    SUBMITTING = "submitting", "Submitting"
    PENDING = "pending", "Pending at gateway"
    REQUIRES_ACTION = "requires_action", "Needs the customer"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"
    CANCELED = "canceled", "Canceled"


class RefundOrigin(models.TextChoices):
    DESK = "desk", "This desk"
    GATEWAY = "gateway", "The gateway"


class Destination(models.TextChoices):
    ORIGINAL_PAYMENT = "original_payment", "The original payment"
    OUTSIDE = "outside", "Our bank, outside the desk"


class RefundReason(models.TextChoices):
    DUPLICATE = "duplicate", "Duplicate charge"
    FRAUDULENT = "fraudulent", "Fraudulent"
    REQUESTED_BY_CUSTOMER = "requested_by_customer", "Requested by customer"
    SERVICE_DISRUPTION = "service_disruption", "Service disruption"
    GOODWILL = "goodwill", "Goodwill"
    ERROR_CORRECTION = "error_correction", "Error correction"
    OTHER = "other", "Other"


@tracked(exclude=["note_internal", "note_to_customer"])
class Refund(FromGateway):
    """Money going back for a payment, in the payment's currency, minor units.

    ``reference`` is also the idempotency key of every call about it; ``form_key`` is the key of the
    form that asked for it, so that one form makes one refund. ``from_balance_minor`` is the part that
    draws on what the payment had left on the customer's balance, or on what the refund's credit note put
    there; the rest is granted by us. ``plan`` is what a refund of an ``invoice`` will do besides when it is
    approved: which lines are credited, and what becomes of the subscription. ``outside_reference`` is the
    bank's own of one paid past the gateway.
    """

    reference = models.CharField(max_length=24, unique=True)
    form_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="refunds", db_index=False)
    credit_note = models.ForeignKey(
        CreditNote, null=True, blank=True, on_delete=models.PROTECT, related_name="refunds"
    )
    invoice = models.ForeignKey(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="refunds"
    )
    destination = models.CharField(max_length=16, choices=Destination, default=Destination.ORIGINAL_PAYMENT)
    outside_reference = models.CharField(max_length=64, blank=True, default="")
    plan = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=20, choices=RefundState)
    origin = models.CharField(max_length=8, choices=RefundOrigin)
    reason = models.CharField(max_length=24, choices=RefundReason)
    currency = currency_field()
    amount_minor = models.BigIntegerField()
    from_balance_minor = models.BigIntegerField(default=0)
    note_internal = models.TextField(blank=True, default="", max_length=10_000)
    note_to_customer = models.TextField(blank=True, default="", max_length=2_000)
    gateway_message = models.CharField(max_length=300, blank=True, default="")
    failure_code = models.CharField(max_length=64, blank=True, default="")
    asked_by_ref = models.CharField(max_length=64)
    asked_by_name = models.CharField(max_length=120)
    allowed_by_rule = models.CharField(max_length=120, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by_ref = models.CharField(max_length=64, blank=True, default="")
    seen_by_name = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        constraints = [
            one_per_gateway_id("refund"),
            currency_is_iso("refund"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_is_above_zero"),
            models.CheckConstraint(
                condition=Q(from_balance_minor__gte=0, from_balance_minor__lte=F("amount_minor")),
                name="refund_draws_no_more_than_itself_from_the_balance",
            ),
            models.CheckConstraint(
                condition=~Q(destination="outside") | ~Q(outside_reference=""),
                name="refund_outside_names_its_transfer",
            ),
            models.CheckConstraint(
                condition=Q(reference__regex=r"^REF-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{8}$"),
                name="refund_reference_has_its_shape",
            ),
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True, seen_by_name="")
                | Q(seen_at__isnull=False, seen_by_name__gt=""),
                name="refund_seen_names_who_saw_it",
            ),
        ]
        indexes = [
            models.Index("customer", F("created_at").desc(), F("id").desc(), name="refund_of_customer"),
            models.Index(F("created_at").desc(), F("id").desc(), name="refund_newest_first"),
            models.Index("state", F("created_at").desc(), F("id").desc(), name="refund_by_state"),
            models.Index("reason", F("created_at").desc(), F("id").desc(), name="refund_by_reason"),
            models.Index("gateway", F("created_at").desc(), F("id").desc(), name="refund_by_gateway"),
            models.Index("currency", F("created_at").desc(), F("id").desc(), name="refund_by_currency"),
            models.Index(F("amount_minor").desc(), F("id").desc(), name="refund_by_amount"),
            models.Index(Right("reference", 8), name="refund_by_tail"),
            models.Index("state", F("amount_minor").desc(), F("id").desc(), name="refund_state_by_amount"),
            models.Index(
                F("created_at").desc(),
                F("id").desc(),
                condition=Q(origin="gateway", seen_at__isnull=True),
                name="refund_external_unseen",
            ),
            models.Index(
                F("created_at").desc(),
                F("id").desc(),
                condition=Q(state="failed", seen_at__isnull=True),
                name="refund_failed_unseen",
            ),
            models.Index("last_attempt_at", condition=Q(state="submitting"), name="refund_under_way"),
            models.Index("succeeded_at", condition=Q(succeeded_at__isnull=False), name="refund_by_success"),
            models.Index(
                "failed_at",
                condition=Q(failed_at__isnull=False, succeeded_at__isnull=False),
                name="refund_that_came_back",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
