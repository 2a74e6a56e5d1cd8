"""Invoices and credit notes: legal documents, frozen when finalised, corrected only by crediting."""

from datetime import date

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from billing.catalog.models import Price
from billing.customers.models import Customer
from billing.fields import (
    AppendOnly,
    CurrentTransactionId,
    FromGateway,
    TransactionIdField,
    currency_field,
    currency_is_iso,
    one_per_gateway_id,
)
from billing.history.tracking import tracked
from billing.tax.treatments import Treatment

#: Stands for "no due day" where due days are compared: after every real one.
NO_DAY = date(9999, 1, 1)


class InvoiceState(models.TextChoices):
    DRAFT = "draft", "Draft"
    OPEN = "open", "Open"
    PAID = "paid", "Paid"
    VOID = "void", "Void"
    UNCOLLECTIBLE = "uncollectible", "Uncollectible"


class LineKind(models.TextChoices):
    SUBSCRIPTION = "subscription", "Subscription"
    PRORATION_CHARGE = "proration_charge", "Charge for the rest of a period"
    PRORATION_CREDIT = "proration_credit", "Unused time"
    USAGE = "usage", "Usage"
    PACKAGE = "package", "Package"
    ONE_OFF = "one_off", "One-off"


class NumberSeries(models.Model):
    """The next number of a series of documents; taken last in a transaction, so that no gap opens."""

    name = models.CharField(max_length=32, unique=True)
    prefix = models.CharField(max_length=24)
    next_number = models.PositiveBigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.prefix}{self.next_number}"


@tracked(exclude=["bill_to", "seller", "evidence", "xid"])
class Invoice(FromGateway):
    """What a customer owes, and for what.

    ``number`` is ours and without gaps; ``foreign_number`` is a gateway's, whose sums are kept as issued.
    Amounts are minor units: total = net + tax, below zero only where a gateway's invoice gives
    back. ``bill_to`` and ``seller`` are both parties as they were on the day of issue, ``evidence`` is what
    told where a consumer is.

    ``cause`` is what it was made for, once: "renewal:<subscription>:<period start>". From ``collect_at`` on
    it is to be charged. Tax is that of ``tax_country`` on the day ``tax_point``, and ``tax_why`` says so in a
    sentence; ``treatment`` is empty where its lines have several. ``corrects`` is the invoice that was
    credited and issued anew by this one; ``outside_reference`` is that of the transfer which paid it past
    every gateway.
    """

    reference = models.CharField(max_length=24, unique=True)
    number = models.CharField(max_length=40, null=True, blank=True, unique=True)
    foreign_number = models.CharField(max_length=64, blank=True, default="")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="invoices", db_index=False)
    subscription = models.ForeignKey(
        "billing.Subscription", null=True, blank=True, on_delete=models.PROTECT, related_name="invoices"
    )
    state = models.CharField(max_length=16, choices=InvoiceState)
    currency = currency_field()
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    bill_to = models.JSONField(default=dict, blank=True)
    seller = models.JSONField(default=dict, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    cause = models.CharField(max_length=160, null=True, blank=True, unique=True)
    tax_point = models.DateField(null=True, blank=True)
    tax_country = models.CharField(max_length=2, blank=True, default="")
    treatment = models.CharField(max_length=16, blank=True, default="", choices=Treatment)
    tax_why = models.CharField(max_length=300, blank=True, default="")
    corrects = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by"
    )
    created_at = models.DateTimeField()
    collect_at = models.DateTimeField(null=True, blank=True)
    finalised_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    outside_reference = models.CharField(max_length=120, blank=True, default="")
    voided_at = models.DateTimeField(null=True, blank=True)
    uncollectible_at = models.DateTimeField(null=True, blank=True)
    xid = TransactionIdField(db_default=CurrentTransactionId(), editable=False)

    class Meta:
        constraints = [
            one_per_gateway_id("invoice"),
            currency_is_iso("invoice"),
            models.CheckConstraint(
                condition=Q(total_minor=F("net_minor") + F("tax_minor")), name="invoice_total_is_net_plus_tax"
            ),
            models.CheckConstraint(
                condition=Q(total_minor__gte=0) | ~Q(gateway=""), name="invoice_of_ours_is_not_below_zero"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(finalised_at__isnull=False), name="issued_invoice_has_its_date"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(number__isnull=False) | ~Q(gateway=""),
                name="issued_invoice_of_ours_has_a_number",
            ),
        ]
        indexes = [
            models.Index("customer", F("created_at").desc(), F("id").desc(), name="invoice_of_customer"),
            models.Index(F("created_at").desc(), F("id").desc(), name="invoice_newest_first"),
            models.Index("state", F("created_at").desc(), F("id").desc(), name="invoice_by_state"),
            models.Index("currency", F("created_at").desc(), F("id").desc(), name="invoice_by_currency"),
            models.Index("gateway", F("created_at").desc(), F("id").desc(), name="invoice_by_gateway"),
            models.Index("due_on", "id", condition=Q(state="open"), name="invoice_open_by_due_day"),
            models.Index(Coalesce("due_on", Value(NO_DAY)), "id", name="invoice_by_due"),
            models.Index("state", Coalesce("due_on", Value(NO_DAY)), "id", name="invoice_state_by_due"),
            models.Index(F("total_minor").desc(), F("id").desc(), name="invoice_by_total"),
            models.Index("state", F("total_minor").desc(), F("id").desc(), name="invoice_state_by_total"),
            models.Index("foreign_number", name="invoice_by_foreign_number"),
            models.Index(
                "collect_at",
                "id",
                condition=Q(state="open", collect_at__isnull=False),
                name="invoice_to_collect",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The number that people quote: ours, else the gateway's, else the draft's reference."""
        return self.number or self.foreign_number or self.reference


class InvoiceLine(models.Model):
    """One line: what for, which period, at which price, net and its tax.

    ``why`` explains the amount: its period, the version of its price, the sum that prorated it, its discount,
    its rule of tax. One that gives back unused time names the line that it ``takes_back`` and that one's
    invoice, at whose rate and treatment it is taken back. ``tax_rate`` is in percent.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    description = models.CharField(max_length=500)
    quantity = models.DecimalField(max_digits=20, decimal_places=6, default=1)
    unit_amount_minor = models.DecimalField(max_digits=24, decimal_places=6, null=True, blank=True)
    net_minor = models.BigIntegerField()
    tax_rate = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    tax_minor = models.BigIntegerField(default=0)
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    price = models.ForeignKey(
        Price, null=True, blank=True, on_delete=models.PROTECT, related_name="invoice_lines"
    )
    is_proration = models.BooleanField(default=False)
    kind = models.CharField(max_length=20, blank=True, default="", choices=LineKind)
    treatment = models.CharField(max_length=16, blank=True, default="", choices=Treatment)
    why = models.JSONField(default=dict, blank=True)
    takes_back = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="taken_back_by", db_index=False
    )
    takes_back_number = models.CharField(max_length=64, blank=True, default="")
    # A gateway may remove an item; what was billed for it stays as issued, and goes on naming it.
    item = models.ForeignKey(
        "billing.SubscriptionItem",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="invoice_lines",
        db_constraint=False,
        db_index=False,
    )
    gateway_id = models.CharField(max_length=255, blank=True, default="")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_has_its_own_position")
        ]
        indexes = [
            models.Index(
                "item",
                F("period_end").desc(),
                condition=Q(item__isnull=False),
                name="invoice_line_of_item",
            ),
            models.Index(
                "takes_back", condition=Q(takes_back__isnull=False), name="invoice_line_taking_back"
            ),
        ]

    def __str__(self) -> str:
        return self.description


@tracked(exclude=["xid"])
class CreditNote(FromGateway):
    """What lowers a finalised invoice, for good.

    ``number`` is ours and without gaps, taken last in the transaction that issues it. ``on_paid_minor`` is
    what had been paid and so became the customer's balance; the rest lowered what was still owed.
    ``form_key`` is that of the form that asked for it.
    """

    reference = models.CharField(max_length=24, unique=True)
    number = models.CharField(max_length=40, null=True, blank=True, unique=True)
    foreign_number = models.CharField(max_length=64, blank=True, default="")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="credit_notes")
    currency = currency_field()
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    on_paid_minor = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=64, blank=True, default="")
    memo = models.TextField(blank=True, default="")
    form_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    issued_by_ref = models.CharField(max_length=64, blank=True, default="")
    issued_by_name = models.CharField(max_length=120, blank=True, default="")
    issued_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    xid = TransactionIdField(db_default=CurrentTransactionId(), editable=False)

    class Meta:
        constraints = [
            one_per_gateway_id("credit_note"),
            currency_is_iso("credit_note"),
            models.CheckConstraint(
                condition=Q(total_minor=F("net_minor") + F("tax_minor")),
                name="credit_note_total_is_net_plus_tax",
            ),
            models.CheckConstraint(condition=Q(total_minor__gt=0), name="credit_note_is_above_zero"),
            models.CheckConstraint(
                condition=Q(on_paid_minor__gte=0, on_paid_minor__lte=F("total_minor")),
                name="credit_note_paid_part_is_within_it",
            ),
        ]
        indexes = [
            models.Index("foreign_number", name="credit_note_by_foreign_number"),
            models.Index(F("issued_at").desc(), F("id").desc(), name="credit_note_newest_first"),
            models.Index("customer", F("issued_at").desc(), F("id").desc(), name="credit_note_of_customer"),
            models.Index("currency", F("issued_at").desc(), F("id").desc(), name="credit_note_by_currency"),
            models.Index(F("total_minor").desc(), F("id").desc(), name="credit_note_by_total"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The number that people quote: ours, else the gateway's, else the reference."""
        return self.number or self.foreign_number or self.reference


class CreditNoteLine(AppendOnly):
    """What a credit note takes off one line of its invoice; written once, with the note."""

    credit_note = models.ForeignKey(
        CreditNote, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    invoice_line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="credited")
    position = models.PositiveSmallIntegerField()
    description = models.CharField(max_length=500)
    net_minor = models.BigIntegerField()
    tax_rate = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    tax_minor = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["credit_note", "position"], name="credit_note_line_has_its_own_position"
            ),
            models.CheckConstraint(
                condition=Q(net_minor__gte=0, tax_minor__gte=0) | Q(net_minor__lte=0, tax_minor__lte=0),
                name="credit_note_line_has_one_sign",
            ),
        ]

    def __str__(self) -> str:
        return self.description
