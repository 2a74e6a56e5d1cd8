"""Who looks after what stands in a queue, and when it should come back."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class WorkItem(models.Model):
    """The desk's own note on one object: whose it is, until when it sleeps, when to follow it up.

    There is one for an object at most, made when somebody first assigns, snoozes or follows it up. What was
    done stands in the object's history; this row is only how things stand now.
    """

    subject_kind = models.CharField(max_length=24)
    subject_id = models.BigIntegerField()
    label = models.CharField(max_length=160)
    url = models.CharField(max_length=300)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="work",
        db_index=False,
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    follow_up_on = models.DateField(null=True, blank=True)
    follow_up_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="follow_ups",
        db_index=False,
    )
    note = models.CharField(max_length=500, blank=True, default="")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_kind", "subject_id"], name="work_item_is_kept_once"),
            models.CheckConstraint(
                condition=Q(follow_up_on__isnull=True) | Q(follow_up_by__isnull=False),
                name="follow_up_names_who_follows_up",
            ),
        ]
        indexes = [
            models.Index(
                "assignee", "changed_at", "id", condition=Q(assignee__isnull=False), name="work_of_member"
            ),
            models.Index(
                "follow_up_by",
                "follow_up_on",
                "id",
                condition=Q(follow_up_on__isnull=False),
                name="follow_ups_of_member",
            ),
        ]

    def __str__(self) -> str:
        return self.label
