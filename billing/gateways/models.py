"""What the sandbox gateway remembers, standing in for a gateway's own database; and how fast and whether
gateways are called, shared by every process."""

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


class GatewayPace(models.Model):
    """How fast a gateway may be called, and whether it answers at all: one row for all processes.

    ``next_at`` is when the next call would be exactly on the beat of the gateway's limit. ``failures`` are
    calls in a row that nobody answered; ``shut_until`` is until when nobody calls, and then one tries.
    """

    gateway = models.CharField(max_length=16, primary_key=True)
    next_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    shuts = models.PositiveIntegerField(default=0)
    shut_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.gateway
