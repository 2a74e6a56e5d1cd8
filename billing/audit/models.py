"""The seal over the audit trail, and the reads of personal data."""

from django.db import models
from django.db.models import F

from billing.customers.models import Customer
from billing.fields import AppendOnly, CurrentTransactionId, TransactionIdField


class ReadKind(models.TextChoices):
    PAGE = "page", "Page"
    STORY = "story", "Story"
    PREVIEW = "preview", "Customer's view"
    PEEK = "peek", "Peek"
    EXPORT = "export", "Export"


class AuditSeal(AppendOnly):
    """A link of the chain over all that was audited in transactions from ``from_xid`` to below ``below_xid``.

    ``digest`` is the SHA-256 of the seal's leaves, ``head`` that of everything in this row with the head of
    the seal before. ``tables`` says how many rows of each table it holds; ``shapes`` the columns of tables
    that are new or changed since the seal before. A baseline holds the whole trail anew.
    """

    number = models.PositiveIntegerField(unique=True)
    sealed_at = models.DateTimeField()
    from_xid = TransactionIdField()
    below_xid = TransactionIdField()
    count = models.BigIntegerField()
    tables = models.JSONField()
    shapes = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, unique=True)
    head = models.CharField(max_length=64, unique=True)
    is_baseline = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"seal {self.number}"


class AuditLeaves(AppendOnly):
    """The hashes of a seal's rows, packed, some thousands in a part (see ``billing.audit.leaves``)."""

    seal = models.PositiveIntegerField()
    part = models.PositiveIntegerField()
    packed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seal", "part"], name="audit_leaves_are_kept_once")]

    def __str__(self) -> str:
        return f"leaves {self.part} of seal {self.seal}"


class AccessRead(AppendOnly):
    """That a member of the staff was shown a customer's personal data, or exported a list with it.

    What was searched for is not kept: people search by names. Of an export, ``filters`` are the names of
    the filters that were set.
    """

    at = models.DateTimeField()
    member_ref = models.CharField(max_length=64)
    member_name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=ReadKind)
    screen = models.CharField(max_length=40)
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.PROTECT, related_name="reads", db_index=False
    )
    filters = models.CharField(max_length=200, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    xid = TransactionIdField(db_default=CurrentTransactionId(), editable=False)

    class Meta:
        indexes = [
            models.Index(F("at").desc(), F("id").desc(), name="read_newest"),
            models.Index("member_ref", F("at").desc(), F("id").desc(), name="read_by_member"),
            models.Index("customer", F("at").desc(), F("id").desc(), name="read_of_customer"),
            models.Index("kind", F("at").desc(), F("id").desc(), name="read_by_kind"),
            models.Index("request_id", "id", name="read_by_request"),
            models.Index("xid", "id", name="read_by_transaction"),
        ]
        constraints = [models.CheckConstraint(condition=~models.Q(member_ref=""), name="read_names_who_read")]

    def __str__(self) -> str:
        return f"{self.member_name}: {self.kind} of {self.screen}"
