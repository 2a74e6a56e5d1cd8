"""What gateways told us: verified, stored once, only allow-listed fields."""

from django.db import models
from django.db.models import F


class WebhookState(models.TextChoices):
    RECEIVED = "received", "Received"
    PROCESSING = "processing", "Processing"
    PROCESSED = "processed", "Processed"
    FAILED = "failed", "Failed, will retry"
    DEAD = "dead", "Dead"
    IGNORED = "ignored", "Ignored"


class WebhookEvent(models.Model):
    """One message of a gateway, known by its own id; slim facts, its content stands in `WebhookPayload`."""

    source = models.CharField(max_length=16)
    event_id = models.CharField(max_length=255)
    type = models.CharField(max_length=80)
    object_kind = models.CharField(max_length=40, blank=True, default="")
    object_id = models.CharField(max_length=255, blank=True, default="")
    state = models.CharField(max_length=12, choices=WebhookState, default=WebhookState.RECEIVED)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "event_id"], name="webhook_event_is_stored_once")
        ]
        indexes = [
            models.Index(F("received_at").desc(), F("id").desc(), name="webhook_newest_first"),
            models.Index("state", F("received_at").desc(), F("id").desc(), name="webhook_by_state"),
            models.Index("object_id", F("happened_at").desc(), name="webhook_of_object"),
            models.Index("source", F("received_at").desc(), F("id").desc(), name="webhook_by_source"),
            models.Index("type", F("received_at").desc(), F("id").desc(), name="webhook_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.event_id}"


class WebhookPayload(models.Model):
    """The allow-listed content of an event, with a mark where something was left out."""

    event = models.OneToOneField(
        WebhookEvent, primary_key=True, on_delete=models.CASCADE, related_name="payload"
    )
    body = models.JSONField()

    def __str__(self) -> str:
        return f"payload of {self.event_id}"
