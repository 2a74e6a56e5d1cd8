"""Money coming in: payments, the attempts behind them, and what they paid."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Right

from billing.customers.models import Customer
from billing.fields import FromGateway, currency_field, currency_is_iso, one_per_gateway_id
from billing.history.tracking import tracked
from billing.invoices.models import Invoice


class PaymentState(models.TextChoices):
    PENDING = "pending", "Pending"
    AUTHORIZED = "authorized", "Authorized"
    REQUIRES_ACTION = "requires_action", "Needs the customer"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Unknown"
    CANCELED = "canceled", "Canceled"
    REVERSED = "reversed", "Reversed"


class MethodKind(models.TextChoices):
    CARD = "card", "Card"
    SEPA_DEBIT = "sepa_debit", "SEPA debit"
    BANK_TRANSFER = "bank_transfer", "Bank transfer"
    WALLET = "wallet", "Wallet"
    OTHER = "other", "Other"


@tracked()
class PaymentMethod(FromGateway):
    """How a customer pays: brand, last four, expiry, and a keyed hash of the card's fingerprint."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="payment_methods")
    kind = models.CharField(max_length=16, choices=MethodKind)
    brand = models.CharField(max_length=24, blank=True, default="")
    last4 = models.CharField(max_length=4, blank=True, default="")
    exp_month = models.PositiveSmallIntegerField(null=True, blank=True)
    exp_year = models.PositiveSmallIntegerField(null=True, blank=True)
    fingerprint_hash = models.CharField(max_length=64, blank=True, default="")
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    detached_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index("last4", F("id").desc(), name="payment_method_by_last_four"),
            models.Index(
                "exp_year", "exp_month", "id", condition=Q(detached_at=None), name="payment_method_by_expiry"
            ),
        ]
        constraints = [
            one_per_gateway_id("payment_method"),
            models.CheckConstraint(
                condition=Q(last4="") | Q(last4__regex=r"^[0-9]{4}$"),
                name="payment_method_keeps_four_digits_at_most",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.last4}".strip()


@tracked()
class Payment(FromGateway):
    """Money that came, or was to come, from a customer through a gateway.

    Amounts are minor units of ``currency``. ``fee_minor`` is null where the gateway did not say.
    ``card_*`` is what the payment was made with, kept when the method itself is gone.

    One that we make is for an ``invoice`` and has its ``idempotency_key`` before the gateway is called. It is
    ``is_live`` until its outcome is known, and an invoice has one live payment at most. ``checkout_id`` is
    the gateway's page on which the customer pays, open until ``checkout_until``; ``link`` is the payment
    link that led there. ``looked_up_at`` is when the gateway was last asked what became of it.
    """

    reference = models.CharField(max_length=24, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="payments", db_index=False)
    state = models.CharField(max_length=16, choices=PaymentState)
    currency = currency_field()
    amount_minor = models.BigIntegerField()
    captured_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(null=True, blank=True)
    method = models.ForeignKey(
        PaymentMethod, null=True, blank=True, on_delete=models.SET_NULL, related_name="payments"
    )
    method_kind = models.CharField(max_length=16, choices=MethodKind, blank=True, default="")
    card_brand = models.CharField(max_length=24, blank=True, default="")
    card_last4 = models.CharField(max_length=4, blank=True, default="")
    failure_code = models.CharField(max_length=64, blank=True, default="")
    failure_message = models.CharField(max_length=300, blank=True, default="")
    description = models.CharField(max_length=300, blank=True, default="")
    idempotency_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    invoice = models.ForeignKey(
        Invoice, null=True, blank=True, on_delete=models.PROTECT, related_name="charges"
    )
    is_live = models.BooleanField(default=False)
    looked_up_at = models.DateTimeField(null=True, blank=True)
    link = models.ForeignKey(
        "billing.PaymentLink", null=True, blank=True, on_delete=models.PROTECT, related_name="payments"
    )
    checkout_id = models.CharField(max_length=255, blank=True, default="")
    checkout_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    succeeded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            one_per_gateway_id("payment"),
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(is_live=True), name="invoice_has_one_live_payment"
            ),
            models.CheckConstraint(
                condition=Q(is_live=False) | Q(invoice__isnull=False, idempotency_key__isnull=False),
                name="live_payment_has_its_invoice_and_key",
            ),
            currency_is_iso("payment"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_is_above_zero"),
            models.CheckConstraint(
                condition=Q(captured_minor__gte=0, captured_minor__lte=F("amount_minor")),
                name="payment_captures_no_more_than_its_amount",
            ),
            models.CheckConstraint(
                condition=Q(card_last4="") | Q(card_last4__regex=r"^[0-9]{4}$"),
                name="payment_keeps_four_digits_at_most",
            ),
        ]
        indexes = [
            models.Index("customer", F("created_at").desc(), F("id").desc(), name="payment_of_customer"),
            models.Index(F("created_at").desc(), F("id").desc(), name="payment_newest_first"),
            models.Index("state", F("created_at").desc(), F("id").desc(), name="payment_by_state"),
            models.Index("gateway", F("created_at").desc(), F("id").desc(), name="payment_by_gateway"),
            models.Index("currency", F("created_at").desc(), F("id").desc(), name="payment_by_currency"),
            models.Index(F("amount_minor").desc(), F("id").desc(), name="payment_by_amount"),
            models.Index("state", F("amount_minor").desc(), F("id").desc(), name="payment_state_by_amount"),
            models.Index(Right("reference", 8), name="payment_by_tail"),
            models.Index("card_last4", F("created_at").desc(), F("id").desc(), name="payment_by_last_four"),
            models.Index("created_at", "id", condition=Q(is_live=True), name="payment_live"),
        ]

    def __str__(self) -> str:
        return self.reference


class PaymentAttempt(FromGateway):
    """One try at a payment, with what the gateway said."""

    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=PaymentState)
    amount_minor = models.BigIntegerField()
    code = models.CharField(max_length=64, blank=True, default="")
    message = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [one_per_gateway_id("payment_attempt")]
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"attempt on {self.payment_id}: {self.state}"


@tracked()
class PaymentLink(models.Model):
    """A page on which whoever holds its address pays one open invoice, until it expires or is revoked.

    The address is the reference with our signature: nothing secret is kept. ``return_url`` is where the
    payer is offered to go on, on a host that we allow.
    """

    reference = models.CharField(max_length=24, unique=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payment_links")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="payment_links")
    gateway = models.CharField(max_length=16)
    return_url = models.CharField(max_length=500, blank=True, default="")
    form_key = models.CharField(max_length=64, unique=True)
    made_by_ref = models.CharField(max_length=64)
    made_by_name = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="payment_link_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index("invoice", F("created_at").desc(), name="payment_link_of_invoice")]

    def __str__(self) -> str:
        return self.reference


@tracked()
class PaymentAllocation(models.Model):
    """How much of a payment paid which invoice."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="allocations")
    amount_minor = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "invoice"], name="payment_is_applied_to_an_invoice_once"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="allocation_is_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} of {self.payment_id} on {self.invoice_id}"
