"""What gateways told us: verified, stored once, only allow-listed fields."""

from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.lookups import GreaterThan

from billing.fields import AppendOnly
from billing.redaction.fields import RedactedChar, RedactedJSON
from billing.webhooks.allowlist.reading import as_read


class WebhookState(models.TextChoices):
    RECEIVED = "received", "Received"
    PROCESSING = "processing", "Processing"
    PROCESSED = "processed", "Processed"
    FAILED = "failed", "Failed, will retry"
    DEAD = "dead", "Dead"
    IGNORED = "ignored", "Ignored"


class Slowness(models.Func):
    """How long the desk took, from what happened at the gateway to the end of the latest attempt, as one of
    five: 0 up to ten seconds, then from 10 s, 1 min, 10 min and 1 h on."""

    template = "width_bucket(EXTRACT(epoch FROM (%(expressions)s)), ARRAY[10, 60, 600, 3600])"
    output_field = models.IntegerField()


class WebhookEvent(models.Model):
    """One message of a gateway, known by its own id, or by the digest of its body where it has none.

    Slim facts that stay; the content stands in `WebhookPayload` and goes after a time. The row is the
    inbox too: ``due_at`` is when a worker may take it next (the end of the lease while one is at it), and
    empty once nothing more is to be done. ``endpoint`` is which of several addresses of one gateway it came
    to, ``digest`` the SHA-256 of the raw body, ``processed_at`` the end of the latest attempt.
    """

    source = models.CharField(max_length=16)
    endpoint = models.CharField(max_length=32, blank=True, default="", db_default="")
    event_id = models.CharField(max_length=255)
    type = models.CharField(max_length=80)
    object_kind = models.CharField(max_length=40, blank=True, default="")
    object_id = models.CharField(max_length=255, blank=True, default="")
    customer_gateway_id = models.CharField(max_length=255, blank=True, default="", db_default="")
    api_version = models.CharField(max_length=40, blank=True, default="", db_default="")
    digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    state = models.CharField(max_length=12, choices=WebhookState, default=WebhookState.RECEIVED)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    processed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    error = RedactedChar(max_length=500, blank=True, default="")

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
            models.Index(
                "endpoint",
                F("received_at").desc(),
                F("id").desc(),
                name="webhook_by_endpoint",
                condition=models.Q(endpoint__gt=""),
            ),
            models.Index(
                "attempts",
                F("received_at").desc(),
                F("id").desc(),
                name="webhook_tried_again",
                condition=models.Q(attempts__gt=1),
            ),
            models.Index(
                Slowness(F("processed_at") - F("happened_at")),
                F("received_at").desc(),
                F("id").desc(),
                name="webhook_slow",
                condition=models.Q(GreaterThan(Slowness(F("processed_at") - F("happened_at")), 0)),
            ),
            models.Index(
                "customer_gateway_id",
                F("received_at").desc(),
                F("id").desc(),
                name="webhook_by_customer",
                condition=models.Q(customer_gateway_id__gt=""),
            ),
            models.Index("due_at", "id", name="webhook_inbox", condition=models.Q(due_at__isnull=False)),
            models.Index(
                "source",
                "object_id",
                "happened_at",
                "id",
                name="webhook_inbox_of_object",
                condition=models.Q(due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.event_id}"

    @property
    def content(self) -> dict[str, Any] | None:
        """What is stored of the message, under the rules of today; None once its time is over."""
        held = next(iter(self.payloads.all()), None)
        return as_read(self.source, self.object_kind, held.body) if held else None


class WebhookPayload(models.Model):
    """The allow-listed content of an event, with a mark where something was left out.

    The table is partitioned by the month of ``received_at``, and a month is dropped whole when its time has
    come: an event without a row here has outlived its content. ``body`` holds ``object``, ``dropped`` (path →
    why), ``previous`` (what the gateway says the fields were before) and ``headers``.
    """

    pk = models.CompositePrimaryKey("event_id", "received_at")
    event = models.ForeignKey(
        WebhookEvent,
        on_delete=models.DO_NOTHING,
        related_name="payloads",
        db_constraint=False,
        db_index=False,
    )
    received_at = models.DateTimeField()
    body = RedactedJSON()

    def __str__(self) -> str:
        return f"payload of {self.event_id}"


class WebhookRefusal(models.Model):
    """How often something was refused at the door, by sender, reason and window of ten minutes.

    Counts only: nothing of the message is kept, and an IPv6 sender stands under its first 64 bits.
    """

    source = models.CharField(max_length=16)
    endpoint = models.CharField(max_length=32, blank=True, default="")
    address = models.CharField(max_length=45)
    reason = models.CharField(max_length=24)
    window_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address", "window_at", "source", "endpoint", "reason"],
                name="webhook_refusals_are_counted_once",
            )
        ]
        indexes = [models.Index("window_at", name="webhook_refusals_by_time")]

    def __str__(self) -> str:
        return f"{self.times} {self.reason} from {self.address}"


class AttemptKind(models.TextChoices):
    FIRST = "first", "First attempt"
    RETRY = "retry", "Retry"
    REPLAY = "replay", "Replay"


class WebhookAttempt(AppendOnly):
    """One try at an event, with what became of it. A failed one is written in a transaction of its own."""

    event = models.ForeignKey(WebhookEvent, on_delete=models.PROTECT, related_name="tries", db_index=False)
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=AttemptKind)
    state = models.CharField(max_length=12, choices=WebhookState)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    error = RedactedChar(max_length=500, blank=True, default="")
    worker = models.CharField(max_length=64, blank=True, default="")
    actor_ref = models.CharField(max_length=64, blank=True, default="")
    actor_name = models.CharField(max_length=120, blank=True, default="")
    reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "number"], name="webhook_attempt_is_numbered_once"),
            models.CheckConstraint(
                condition=~models.Q(kind="replay") | models.Q(actor_name__gt="", reason__gt=""),
                name="webhook_replay_says_who_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} at {self.event_id}: {self.state}"
