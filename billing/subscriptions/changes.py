"""What was asked of subscriptions: done at once, or waiting for the end of a period."""

from django.db import models
from django.db.models import F, Q

from billing.catalog.models import Price
from billing.fields import AppendOnly
from billing.history.tracking import tracked
from billing.subscriptions.changing_rules import MAX_SEATS
from billing.subscriptions.models import AskedBy, Subscription


class ChangeKind(models.TextChoices):
    START = "start", "Started"
    PLAN = "plan", "Plan changed"
    CANCEL = "cancel", "Canceled"
    UNDO_CANCEL = "undo_cancel", "Cancellation undone"
    PAUSE = "pause", "Paused"
    RESUME = "resume", "Resumed"
    EXTEND_TRIAL = "extend_trial", "Trial extended"
    MOVE_DATE = "move_date", "Billing date moved"
    PLAN_LATER = "plan_later", "Plan change planned"
    UNDO_PLAN = "undo_plan", "Planned change undone"
    RENEW = "renew", "Changed at renewal"


class SubscriptionChange(AppendOnly):
    """One thing that was done to a subscription: who asked, why, and what stood before and after.

    ``key`` is that of the form or call: the same key does nothing twice. The row's id is the cause of the
    invoice lines and credits that the change brought.
    """

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="changes", db_index=False
    )
    kind = models.CharField(max_length=16, choices=ChangeKind)
    key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    asked_by = models.CharField(max_length=8, choices=AskedBy)
    reason = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    actor_ref = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=120, blank=True, default="")
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [
            models.Index("subscription", F("at").desc(), F("id").desc(), name="change_of_subscription"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"


@tracked()
class PendingChange(models.Model):
    """A change of plan that waits for the end of a period; at most one that is still to come for each.

    It ends once: ``applied_at`` by the renewal, or ``withdrawn_at``. The database keeps it to its
    subscription's currency and refuses any further edit after that.
    """

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="pending_changes", db_index=False
    )
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="pending_changes")
    quantity = models.PositiveIntegerField(default=1)
    applies_at = models.DateTimeField()
    asked_by = models.CharField(max_length=8, choices=AskedBy)
    reason = models.CharField(max_length=500, blank=True, default="")
    actor_ref = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=120, blank=True, default="")
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(applied_at__isnull=True, withdrawn_at__isnull=True),
                name="pending_change_is_one_per_subscription",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_SEATS), name="pending_change_has_seats"
            ),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="pending_change_ends_once",
            ),
        ]
        indexes = [
            models.Index(
                "subscription", F("created_at").desc(), F("id").desc(), name="pending_of_subscription"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.price_id} from {self.applies_at:%Y-%m-%d}"
