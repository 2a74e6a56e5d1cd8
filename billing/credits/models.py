"""Prepaid units and store credit: accounts, the lots they consist of, and every movement of them."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from billing.customers.models import Customer
from billing.fields import AppendOnly, CurrentTransactionId, TransactionIdField


class CreditUnit(models.TextChoices):
    TOKENS = "tokens", "Tokens"
    AI_REQUESTS = "ai_requests", "AI requests"
    MONEY = "money", "Store credit"


class CreditSource(models.TextChoices):
    TIER_GRANT = "tier_grant", "Tier grant"
    PURCHASE = "purchase", "Purchase"
    GOODWILL = "goodwill", "Goodwill"
    PROMOTION = "promotion", "Promotion"
    MIGRATION = "migration", "Migration"
    OVERPAYMENT = "overpayment", "Overpayment"
    CREDIT_NOTE = "credit_note", "Credit note"
    DEBT = "debt", "Debt"


class Movement(models.TextChoices):
    GRANT = "grant", "Granted"
    BURN = "burn", "Used"
    EXPIRE = "expire", "Expired"
    TAKE_BACK = "take_back", "Taken back"
    MOVE_EXPIRY = "move_expiry", "Expiry moved"
    TRANSFER_OUT = "transfer_out", "Transferred out"
    TRANSFER_IN = "transfer_in", "Transferred in"
    REVERSE = "reverse", "Reversed"
    CLAWBACK = "clawback", "Clawed back"


class CreditAccount(models.Model):
    """What one customer has of one unit; store credit has an account for each currency.

    ``balance`` is written by the entries alone: the database refuses any other way.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="credit_accounts", db_index=False
    )
    unit = models.CharField(max_length=12, choices=CreditUnit)
    currency = models.CharField(max_length=3, blank=True, default="")
    balance = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "unit", "currency"], name="credit_account_is_one_per_customer_and_unit"
            ),
            models.CheckConstraint(
                condition=Q(unit="money", currency__regex=r"^[A-Z]{3}$")
                | Q(unit__in=("tokens", "ai_requests"), currency=""),
                name="credit_account_has_a_currency_when_in_money",
            ),
        ]
        # None on the balance: it changes with every movement, and such an index would with it.
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="credit_account_newest_first"),
            models.Index("unit", F("created_at").desc(), F("id").desc(), name="credit_account_by_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.get_unit_display()} {self.currency}".strip()

    @property
    def is_money(self) -> bool:
        return self.unit == CreditUnit.MONEY


class CreditLot(models.Model):
    """What came in at once and is used up together; its remainder is written by the entries alone.

    ``paid_for``: the customer gave money for it. ``sold_minor`` is what that was without tax, for lots
    whose revenue follows their use. A debt's amount is 0 and its remainder below it.
    """

    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="lots", db_index=False)
    source = models.CharField(max_length=12, choices=CreditSource)
    amount = models.BigIntegerField()
    remainder = models.BigIntegerField(default=0)
    is_open = models.GeneratedField(
        expression=~Q(remainder=0),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    priority = models.PositiveSmallIntegerField(default=100)
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    paid_for = models.BooleanField(default=False)
    sold_minor = models.BigIntegerField(null=True, blank=True)
    sold_currency = models.CharField(max_length=3, blank=True, default="")
    subscription = models.ForeignKey(
        "billing.Subscription",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="credit_lots",
        db_index=False,
    )
    grant_period = models.DateField(null=True, blank=True)
    kind = models.CharField(max_length=64, blank=True, default="")
    cause = models.CharField(max_length=160, blank=True, default="")
    came_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="became", db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(source="debt", amount=0, remainder__lte=0)
                | (~Q(source="debt") & Q(amount__gt=0, remainder__gte=0, remainder__lte=F("amount"))),
                name="credit_lot_remainder_is_within_its_amount",
            ),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(source="debt", is_open=True),
                name="credit_debt_is_one_at_most",
            ),
            models.UniqueConstraint(
                fields=["subscription", "grant_period", "kind", "cause"],
                condition=Q(subscription__isnull=False),
                name="credit_is_granted_once_per_period_and_cause",
            ),
            models.UniqueConstraint(
                fields=["account", "kind", "cause"],
                condition=Q(subscription__isnull=True) & ~Q(cause=""),
                name="credit_is_granted_once_per_cause",
            ),
            models.CheckConstraint(
                condition=Q(subscription__isnull=True) | (Q(grant_period__isnull=False) & ~Q(kind="")),
                name="credit_of_a_subscription_names_period_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(sold_minor__isnull=True, sold_currency="")
                | Q(sold_minor__gt=0, sold_currency__regex=r"^[A-Z]{3}$"),
                name="credit_lot_sold_has_a_currency",
            ),
        ]
        indexes = [
            models.Index("account", condition=Q(is_open=True), name="credit_lot_open"),
            models.Index("account", F("granted_at").desc(), F("id").desc(), name="credit_lot_of_account"),
            models.Index(
                "expires_at",
                "id",
                condition=Q(is_open=True, expires_at__isnull=False),
                name="credit_lot_by_expiry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()}: {self.remainder} of {self.amount}"

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now


class CreditEntry(AppendOnly):
    """One movement of an account: its amount, the balance after it, and the lots that it touched.

    Inserting it is the movement: the database writes its parts, the lots' remainders and the balance, and
    refuses one that does not add up. ``cause`` is that of the posting beside it in the money ledger, and
    ``about`` the grant that a clawback goes back on. ``shortfall`` is what policy left unclaimed.
    """

    account = models.ForeignKey(
        CreditAccount, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    movement = models.CharField(max_length=12, choices=Movement)
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    at = models.DateTimeField()
    lot_ids = ArrayField(models.BigIntegerField())
    lot_amounts = ArrayField(models.BigIntegerField())
    key = models.CharField(max_length=240, unique=True)
    digest = models.CharField(max_length=32, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    actor_kind = models.CharField(max_length=12)
    actor_ref = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=120, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    subject_kind = models.CharField(max_length=24, blank=True, default="")
    subject_id = models.BigIntegerField(null=True, blank=True)
    cause = models.CharField(max_length=160, blank=True, default="")
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    about = models.ForeignKey(
        CreditLot, null=True, blank=True, on_delete=models.PROTECT, related_name="clawbacks", db_index=False
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    shortfall = models.BigIntegerField(default=0)
    xid = TransactionIdField(db_default=CurrentTransactionId(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(actor_ref="") & ~Q(key=""), name="credit_entry_names_who_did_it"
            ),
            models.CheckConstraint(
                condition=(Q(movement__in=("grant", "transfer_in")) & Q(amount__gt=0))
                | (Q(movement__in=("burn", "expire", "take_back", "transfer_out")) & Q(amount__lt=0))
                | Q(movement="clawback", amount__lte=0)
                | Q(movement="move_expiry", amount=0)
                | Q(movement="reverse"),
                name="credit_entry_goes_the_way_of_its_movement",
            ),
        ]
        indexes = [
            models.Index("account", F("id").desc(), name="credit_entry_of_account"),
            models.Index(
                "subject_kind",
                "subject_id",
                condition=Q(subject_id__isnull=False),
                name="credit_entry_of_subject",
            ),
            models.Index("cause", condition=~Q(cause=""), name="credit_entry_of_posting"),
            models.Index("about", condition=Q(about__isnull=False), name="credit_entry_about_lot"),
            # What people did, which is little of it: the movements of programs are not in these.
            models.Index(
                F("at").desc(),
                F("id").desc(),
                condition=Q(actor_kind="person"),
                name="credit_entry_by_hand",
            ),
            models.Index(
                "movement",
                F("at").desc(),
                F("id").desc(),
                condition=Q(actor_kind="person"),
                name="credit_entry_by_hand_and_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.movement} {self.amount:+}"


class CreditEntryLot(AppendOnly):
    """What an entry gave to or took from one lot; written by the database from the entry."""

    entry = models.ForeignKey(CreditEntry, on_delete=models.PROTECT, related_name="parts", db_index=False)
    lot = models.ForeignKey(CreditLot, on_delete=models.PROTECT, related_name="parts", db_index=False)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "lot"], name="credit_entry_names_a_lot_once"),
        ]
        indexes = [models.Index("lot", "entry", name="credit_entry_of_lot")]

    def __str__(self) -> str:
        return f"{self.amount:+}"


class ExpiryNotice(AppendOnly):
    """That a lot's coming end has been noted, once for each date that it was to end on."""

    lot = models.ForeignKey(CreditLot, on_delete=models.PROTECT, related_name="notices", db_index=False)
    expires_at = models.DateTimeField()
    amount = models.BigIntegerField()
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "expires_at"], name="credit_expiry_is_noted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} until {self.expires_at:%Y-%m-%d}"
