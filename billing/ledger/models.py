"""The money ledger: double entry, one posting for each fact, never edited."""

from django.db import models

from billing.fields import (
    AppendOnly,
    CurrentTransactionId,
    TransactionIdField,
    currency_field,
    currency_is_iso,
)


class Posting(AppendOnly):
    """One fact about money, posted once under its unique ``cause``.

    Its lines sum to zero in every currency; what was wrong is reversed by another posting.
    """

    cause = models.CharField(max_length=160, unique=True)
    fact = models.CharField(max_length=48)
    effective_on = models.DateField()
    posted_at = models.DateTimeField()
    customer = models.ForeignKey(
        "billing.Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="postings"
    )
    subject_kind = models.CharField(max_length=24, blank=True, default="")
    subject_id = models.BigIntegerField(null=True, blank=True)
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    actor_ref = models.CharField(max_length=64)
    request_id = models.CharField(max_length=64, blank=True, default="")
    xid = TransactionIdField(db_default=CurrentTransactionId(), editable=False)

    class Meta:
        indexes = [
            models.Index("subject_kind", "subject_id", "id", name="posting_of_subject"),
            models.Index("customer", models.F("posted_at").desc(), "id", name="posting_of_customer"),
        ]

    def __str__(self) -> str:
        return self.cause


class PostingLine(AppendOnly):
    """One side of a posting: minor units of ``currency``, debit above zero, credit below.

    ``reporting_minor`` is the amount in the reporting currency at ``reporting_rate``; both are null
    where no rate was known on that day.
    """

    posting = models.ForeignKey(Posting, on_delete=models.PROTECT, related_name="lines")
    account = models.CharField(max_length=32)
    currency = currency_field()
    amount_minor = models.BigIntegerField()
    day = models.DateField()
    customer = models.ForeignKey(
        "billing.Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reporting_minor = models.BigIntegerField(null=True, blank=True)
    reporting_rate = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)
    xid = TransactionIdField(db_default=CurrentTransactionId(), editable=False)

    class Meta:
        indexes = [
            models.Index("account", "currency", "day", "id", name="line_of_account_by_day"),
            models.Index(
                "customer",
                "account",
                "currency",
                include=["amount_minor"],
                condition=models.Q(customer__isnull=False),
                name="line_of_customer",
            ),
            models.Index("xid", name="line_by_transaction"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount_minor=0), name="posting_line_is_not_zero"),
            currency_is_iso("posting_line"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount_minor} {self.currency}"


class ExchangeRate(models.Model):
    """How many units of the reporting currency one unit of ``currency`` was worth from ``day`` on."""

    day = models.DateField()
    currency = currency_field()
    reporting_currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=20, decimal_places=10)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["currency", "reporting_currency", "day"], name="exchange_rate_is_fixed_once_a_day"
            ),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="exchange_rate_is_above_zero"),
        ]

    def __str__(self) -> str:
        return f"1 {self.currency} = {self.rate} {self.reporting_currency} from {self.day}"
