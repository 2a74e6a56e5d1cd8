"""Pages of a gateway's own on which a customer was to pay."""

from django.db import models
from django.db.models import F, Q

from billing.customers.models import Customer
from billing.fields import FromGateway, one_per_gateway_id
from billing.history.tracking import tracked
from billing.payments.models import Payment
from billing.subscriptions.models import Subscription


class CheckoutMode(models.TextChoices):
    PAYMENT = "payment", "One payment"
    SUBSCRIPTION = "subscription", "A subscription"
    SETUP = "setup", "A payment method"


class CheckoutState(models.TextChoices):
    OPEN = "open", "Open"
    COMPLETE = "complete", "Complete"
    EXPIRED = "expired", "Abandoned"


class CheckoutPayment(models.TextChoices):
    PAID = "paid", "Paid"
    UNPAID = "unpaid", "Not paid yet"
    NOT_NEEDED = "no_payment_required", "Nothing to pay"


@tracked()
class CheckoutSession(FromGateway):
    """A session, with what came of it. One that expired was abandoned.

    ``amount_minor`` and ``currency`` are empty where nothing had been chosen. A complete one may be paid
    later (by direct debit, say): then ``payment_state`` is unpaid until the money came.
    """

    reference = models.CharField(max_length=24, unique=True)
    mode = models.CharField(max_length=12, choices=CheckoutMode)
    state = models.CharField(max_length=8, choices=CheckoutState)
    payment_state = models.CharField(max_length=24, choices=CheckoutPayment, blank=True, default="")
    customer = models.ForeignKey(
        Customer, null=True, blank=True, on_delete=models.PROTECT, related_name="checkout_sessions"
    )
    payment = models.ForeignKey(
        Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="checkout_sessions"
    )
    subscription = models.ForeignKey(
        Subscription, null=True, blank=True, on_delete=models.PROTECT, related_name="checkout_sessions"
    )
    currency = models.CharField(max_length=3, blank=True, default="")
    amount_minor = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_per_gateway_id("checkout_session"),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True, currency="")
                | Q(amount_minor__gte=0, currency__regex=r"^[A-Z]{3}$"),
                name="checkout_session_amount_has_a_currency",
            ),
        ]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="checkout_newest_first"),
            models.Index("state", F("created_at").desc(), F("id").desc(), name="checkout_by_state"),
        ]

    def __str__(self) -> str:
        return self.reference
