"""What happened to every object, who did it, when and why: one append-only table."""

from django.db import models

from billing.fields import AppendOnly, CurrentTransactionId, TransactionIdField

#: Units or store credit that somebody gave away.
GOODWILL = models.Q(kind="credits.granted", facts__source="goodwill")


class ActorKind(models.TextChoices):
    PERSON = "person", "Person"
    SYSTEM = "system", "System"
    GATEWAY = "gateway", "Gateway"
    CUSTOMER = "customer", "Customer"


class HistoryEntry(AppendOnly):
    """One thing that happened to one object.

    A change of state has ``kind`` "state" and carries ``from_state`` and ``to_state``; other kinds
    ("note", "seen", "assigned", "changed") carry their facts. Amounts are minor units of ``currency``.
    Personal fields appear only as keyed hashes.
    """

    at = models.DateTimeField()
    subject_kind = models.CharField(max_length=24)
    subject_id = models.BigIntegerField()
    customer = models.ForeignKey(
        "billing.Customer",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="history",
        db_index=False,
    )
    kind = models.CharField(max_length=40)
    from_state = models.CharField(max_length=24, blank=True, default="")
    to_state = models.CharField(max_length=24, blank=True, default="")
    amount_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    actor_kind = models.CharField(max_length=8, choices=ActorKind)
    actor_ref = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=120)
    reason = models.TextField(blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    facts = models.JSONField(default=dict, blank=True)
    xid = TransactionIdField(db_default=CurrentTransactionId(), editable=False)

    class Meta:
        indexes = [
            models.Index(
                "subject_kind", "subject_id", models.F("at").desc(), "id", name="history_of_subject"
            ),
            models.Index("customer", models.F("at").desc(), "id", name="history_of_customer"),
            models.Index("subject_kind", "to_state", "at", name="history_by_state_and_time"),
            models.Index(models.F("at").desc(), models.F("id").desc(), name="history_newest"),
            models.Index(
                models.F("at").desc(),
                models.F("id").desc(),
                name="history_of_people",
                condition=models.Q(actor_kind="person"),
            ),
            models.Index(
                "actor_ref",
                models.F("at").desc(),
                models.F("id").desc(),
                name="history_by_person",
                condition=models.Q(actor_kind="person"),
            ),
            models.Index(
                "subject_kind", models.F("at").desc(), models.F("id").desc(), name="history_by_noun"
            ),
            models.Index(
                "subject_kind",
                "kind",
                "to_state",
                models.F("at").desc(),
                models.F("id").desc(),
                name="history_by_action",
            ),
            models.Index(
                models.F("at").desc(),
                models.F("id").desc(),
                name="history_of_goodwill",
                condition=GOODWILL,
            ),
            models.Index("xid", "id", name="history_by_transaction"),
            models.Index(
                "request_id", "id", name="history_by_request", condition=models.Q(request_id__gt="")
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(actor_name=""), name="history_entry_names_who_did_it"),
            models.CheckConstraint(
                condition=models.Q(kind="state", to_state__gt="") | ~models.Q(kind="state"),
                name="history_state_entry_says_which_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}: {self.kind} {self.to_state}".strip()


class AllowedTransition(models.Model):
    """The state machines of the code, as rows, for the trigger that refuses any other move.

    Written by ``migrate`` from the machines in code (``billing.history.machines``); the application's
    role can only read it.
    """

    machine = models.CharField(max_length=32)
    from_state = models.CharField(max_length=24)
    to_state = models.CharField(max_length=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["machine", "from_state", "to_state"], name="allowed_transition_is_listed_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.machine}: {self.from_state} → {self.to_state}"
