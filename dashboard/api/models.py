"""Keys by which a host product calls the API, and how often each has called."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from billing.history.tracking import tracked


class Scope(models.TextChoices):
    CATALOG = "catalog.read", "Read the plans"
    CUSTOMERS = "customers.write", "Make customers of its users"
    ENTITLEMENTS = "entitlements.read", "Ask what customers may use, have used and have left"
    USAGE = "usage.write", "Record usage"
    TRIALS = "trials.start", "Start trials"
    CHECKOUTS = "checkouts.start", "Start purchases"


@tracked(exclude=["secret_hash", "reason", "revoked_reason"])
class ApiKey(models.Model):
    """One key. Only a digest of its secret is kept: the key itself is shown once, when it is made."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=24, choices=Scope))
    per_minute = models.PositiveIntegerField(default=600)
    reason = models.TextField()
    created_at = models.DateTimeField()
    created_by_ref = models.CharField(max_length=64)
    created_by_name = models.CharField(max_length=120, blank=True, default="")
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by_ref = models.CharField(max_length=64, blank=True, default="")
    revoked_by_name = models.CharField(max_length=120, blank=True, default="")
    revoked_reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = [F("revoked_at").desc(nulls_first=True), "-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(per_minute__gte=1), name="api_key_may_call_at_all"),
            models.CheckConstraint(condition=Q(scopes__len__gte=1), name="api_key_may_do_something"),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by_ref="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_by_ref="")),
                name="api_key_says_who_revoked_it",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scope_words(self) -> list[str]:
        return [str(Scope(each).label) for each in self.scopes]


class ApiCalls(models.Model):
    """How many calls a key made within one minute."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="calls", db_index=False)
    minute = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "minute"], name="api_calls_are_counted_by_minute"),
        ]

    def __str__(self) -> str:
        return f"{self.count} at {self.minute:%H:%M}"
