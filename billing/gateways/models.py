"""What the sandbox gateway remembers, standing in for a gateway's own database."""

from django.db import models


class SandboxObject(models.Model):
    """A payment or refund as the sandbox gateway knows it."""

    id = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=24)
    idempotency_key = models.CharField(max_length=255, null=True, blank=True, unique=True)
    parent_id = models.CharField(max_length=64, blank=True, default="", db_index=True)
    body = models.JSONField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id


class SandboxEvent(models.Model):
    """A message the sandbox owes the desk; ``due_at`` lets a bank refund fail days later."""

    id = models.CharField(primary_key=True, max_length=64)
    type = models.CharField(max_length=80)
    body = models.JSONField()
    due_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index("due_at", condition=models.Q(delivered_at__isnull=True), name="sandbox_event_owed")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
