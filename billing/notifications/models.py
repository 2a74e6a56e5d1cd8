"""Alerts: something is wrong with the desk's own work, until it is not."""

from django.db import models
from django.db.models import F, Q


class Alert(models.Model):
    """One reason to look, open until the reason is gone.

    ``kind`` is what sort of trouble ("webhooks.dead"), ``key`` which one of them ("stripe:charge.refunded");
    of each pair at most one is open. ``facts`` are what the sentence is made of and what a link needs.
    Acknowledged says that somebody looks after it; it closes by itself.
    """

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=160)
    sentence = models.CharField(max_length=300)
    facts = models.JSONField(default=dict, blank=True)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by_ref = models.CharField(max_length=64, blank=True, default="")
    acknowledged_by_name = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=Q(closed_at=None), name="alert_is_open_once"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | Q(acknowledged_by_name__gt=""),
                name="alert_acknowledged_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")),
                name="alert_closes_after_it_opened",
            ),
        ]
        indexes = [
            models.Index(
                F("opened_at").desc(),
                F("id").desc(),
                name="alert_open_newest_first",
                condition=Q(closed_at=None),
            ),
            models.Index(F("closed_at").desc(), F("id").desc(), name="alert_closed_newest_first"),
            models.Index("kind", "key", F("closed_at").desc(), name="alert_of_one_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}".rstrip()
