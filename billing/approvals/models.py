"""A second person's yes: limits, what was done within them, and requests above them."""

from django.db import models
from django.db.models import F, Q

from billing.fields import AppendOnly
from billing.history.tracking import tracked


class ApprovalState(models.TextChoices):
    REQUESTED = "requested", "Waiting for a decision"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"
    VOIDED = "voided", "Voided"
    EXECUTED = "executed", "Approved and done"
    FAILED = "failed", "Approved, but failed"


class LimitScope(models.TextChoices):
    ONE = "one", "One action"
    DAY = "day", "One day"
    CUSTOMER = "customer_30d", "One customer in 30 days"


@tracked()
class ApprovalLimit(models.Model):
    """Up to how much (minor units, or units of credits) a role may do of one action by itself.

    A role with no row for an action has no limit for it; one with rows, but none in a currency, may do
    nothing alone in that currency. An empty limit says "any amount".
    """

    role = models.CharField(max_length=24)
    action = models.CharField(max_length=40)
    currency = models.CharField(max_length=16)
    scope = models.CharField(max_length=16, choices=LimitScope)
    limit_minor = models.BigIntegerField(null=True, blank=True)
    changed_at = models.DateTimeField()
    changed_by_ref = models.CharField(max_length=64)
    changed_by_name = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["action", "role", "currency", "scope"], name="approval_limit_is_set_once"
            ),
            models.CheckConstraint(condition=Q(limit_minor__gte=0), name="approval_limit_is_not_below_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.action} {self.currency} {self.scope}"


class LimitUse(AppendOnly):
    """What somebody did within their limits, without a second person; taken back by a row below zero."""

    action = models.CharField(max_length=40)
    actor_ref = models.CharField(max_length=64)
    customer = models.ForeignKey(
        "billing.Customer", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    currency = models.CharField(max_length=16)
    amount_minor = models.BigIntegerField()
    subject_kind = models.CharField(max_length=24)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index("actor_ref", "action", "currency", "at", name="limit_use_of_actor"),
            models.Index(
                "customer",
                "action",
                "currency",
                "at",
                name="limit_use_of_customer",
                condition=Q(customer__isnull=False),
            ),
            models.Index("subject_kind", "subject_id", name="limit_use_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.amount_minor} {self.currency} by {self.actor_ref}"


@tracked(exclude=["reason", "decision_reason", "params"])
class Approval(models.Model):
    """A request to do something above the asker's limit, bound by ``digest`` to exactly that.

    ``target_kind`` and ``target_id`` name the row that waits for it (a refund), or the one that it is about
    (a customer who is to get credits); ``params`` is what the action needs beyond that, without personal
    data. ``amount_minor`` is in minor units of ``currency``, or in units of credits under their name.
    """

    reference = models.CharField(max_length=24, unique=True)
    action = models.CharField(max_length=40)
    target_kind = models.CharField(max_length=24)
    target_id = models.BigIntegerField()
    target_label = models.CharField(max_length=160)
    customer = models.ForeignKey(
        "billing.Customer",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="approvals",
        db_index=False,
    )
    currency = models.CharField(max_length=16)
    amount_minor = models.BigIntegerField()
    reason = models.TextField()
    params = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64)
    rule = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=ApprovalState)
    form_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    asked_by_ref = models.CharField(max_length=64)
    asked_by_name = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by_ref = models.CharField(max_length=64, blank=True, default="")
    decided_by_name = models.CharField(max_length=120, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True, default="")
    executed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=500, blank=True, default="")
    result = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(decided_by_ref=F("asked_by_ref")),
                name="nobody_decides_what_they_asked_for",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "rejected", "executed", "failed"])
                | Q(decided_by_ref__gt="", decided_by_name__gt="", decided_at__isnull=False),
                name="approval_decision_names_who_made_it",
            ),
            models.CheckConstraint(condition=Q(asked_by_ref__gt=""), name="approval_names_who_asked"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="approval_is_not_below_zero"),
            models.CheckConstraint(condition=Q(digest__regex="^[0-9a-f]{64}$"), name="approval_is_bound"),
            models.UniqueConstraint(
                fields=["action", "target_kind", "target_id"],
                condition=Q(state="requested", target_kind="refund"),
                name="refund_waits_for_one_approval",
            ),
        ]
        indexes = [
            models.Index("state", F("asked_at").desc(), F("id").desc(), name="approval_by_state"),
            models.Index(F("asked_at").desc(), F("id").desc(), name="approval_newest_first"),
            models.Index("action", F("asked_at").desc(), F("id").desc(), name="approval_by_action"),
            models.Index("asked_by_ref", F("asked_at").desc(), F("id").desc(), name="approval_by_asker"),
            models.Index("target_kind", "target_id", name="approval_of_target"),
            models.Index("customer", F("asked_at").desc(), F("id").desc(), name="approval_of_customer"),
            models.Index("expires_at", name="approval_to_expire", condition=Q(state="requested")),
        ]

    def __str__(self) -> str:
        return self.reference
