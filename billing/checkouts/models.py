"""Pages of a gateway's own on which a customer was to pay."""

from django.db import models
from django.db.models import F, Q

from billing.catalog.models import PackagePrice, Price
from billing.customers.models import Customer
from billing.fields import FromGateway, one_per_gateway_id
from billing.history.tracking import tracked
from billing.invoices.models import Invoice
from billing.payments.models import Payment
from billing.subscriptions.changing_rules import MAX_SEATS
from billing.subscriptions.models import Subscription


class CheckoutMode(models.TextChoices):
    PAYMENT = "payment", "One payment"
    SUBSCRIPTION = "subscription", "A subscription"
    SETUP = "setup", "A payment method"


class CheckoutState(models.TextChoices):
    STARTING = "starting", "Being made"
    OPEN = "open", "Open"
    COMPLETE = "complete", "Complete"
    EXPIRED = "expired", "Abandoned"
    FAILED = "failed", "Refused"


class CheckoutPayment(models.TextChoices):
    PAID = "paid", "Paid"
    UNPAID = "unpaid", "Not paid yet"
    NOT_NEEDED = "no_payment_required", "Nothing to pay"


@tracked(exclude=["url", "return_url"])
class CheckoutSession(FromGateway):
    """A session, with what came of it. One that expired was abandoned.

    ``amount_minor`` and ``currency`` are empty where nothing had been chosen. A complete one may be paid
    later (by direct debit, say): then ``payment_state`` is unpaid until the money came.

    One that we started says what is bought: a ``package_price`` or the ``price`` of a plan, ``quantity`` of
    it (seats, for a plan), and with ``key`` which request asked for it. It is written before the gateway is
    called, as *starting*. ``invoice`` and ``fulfilled_at``, and the ``subscription`` that a price started,
    are set together, once, when its payment was told of by a verified event. ``kept_at``: when it was paid,
    the customer had a subscription by then, so nothing was started and the money is in their balance.
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
    package_price = models.ForeignKey(
        PackagePrice, null=True, blank=True, on_delete=models.PROTECT, related_name="checkout_sessions"
    )
    price = models.ForeignKey(
        Price, null=True, blank=True, on_delete=models.PROTECT, related_name="checkout_sessions"
    )
    quantity = models.PositiveIntegerField(default=1)
    key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    asked_by_ref = models.CharField(max_length=64, blank=True, default="")
    url = models.URLField(max_length=2000, blank=True, default="")
    return_url = models.URLField(max_length=2000, blank=True, default="")
    failure = models.CharField(max_length=120, blank=True, default="")
    invoice = models.OneToOneField(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="checkout_session"
    )
    fulfilled_at = models.DateTimeField(null=True, blank=True)
    kept_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_per_gateway_id("checkout_session"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=100)
                | Q(price__isnull=False, quantity__gte=1, quantity__lte=MAX_SEATS),
                name="checkout_session_buys_some",
            ),
            models.CheckConstraint(
                condition=Q(key__isnull=True, package_price__isnull=True, price__isnull=True)
                | Q(key__isnull=False, package_price__isnull=False, price__isnull=True)
                | Q(key__isnull=False, package_price__isnull=True, price__isnull=False),
                name="checkout_session_of_ours_sells_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(fulfilled_at__isnull=True) | Q(state="complete", key__isnull=False),
                name="checkout_session_gives_when_complete",
            ),
            models.CheckConstraint(
                condition=Q(fulfilled_at__isnull=True)
                | Q(price__isnull=True)
                | Q(subscription__isnull=False, invoice__isnull=False),
                name="checkout_session_of_a_price_starts_a_subscription",
            ),
            models.CheckConstraint(
                condition=Q(kept_at__isnull=True)
                | Q(state="complete", price__isnull=False, fulfilled_at__isnull=True),
                name="checkout_session_is_given_or_kept",
            ),
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(price__isnull=False),
                name="checkout_session_starts_a_subscription_alone",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True, currency="")
                | Q(amount_minor__gte=0, currency__regex=r"^[A-Z]{3}$"),
                name="checkout_session_amount_has_a_currency",
            ),
        ]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="checkout_newest_first"),
            models.Index("state", F("created_at").desc(), F("id").desc(), name="checkout_by_state"),
            models.Index(
                "customer",
                F("created_at").desc(),
                condition=Q(key__isnull=False),
                name="checkout_started_by_customer",
            ),
            models.Index(
                "id",
                condition=Q(
                    fulfilled_at__isnull=True, kept_at__isnull=True, state="complete", key__isnull=False
                ),
                name="checkout_to_be_fulfilled",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_ours(self) -> bool:
        """Whether we opened it to sell something; else it is a page of the gateway's own."""
        return self.key is not None
