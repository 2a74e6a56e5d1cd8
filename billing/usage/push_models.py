"""Telling a gateway that bills by usage what was used: which meter is which there, and what was sent."""

from django.db import models
from django.db.models import F, Q

from billing.catalog.models import Meter
from billing.history.tracking import tracked
from billing.usage.models import UsageEvent


@tracked()
class GatewayMeter(models.Model):
    """That a meter of ours is pushed to a gateway under the name that its events carry there.

    Events received from ``since`` on are pushed. ``looked_until`` is how far they have been promised.
    """

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="at_gateways")
    gateway = models.CharField(max_length=16)
    event_name = models.CharField(max_length=100)
    since = models.DateTimeField()
    looked_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meter", "gateway"],
                condition=Q(ended_at=None),
                name="meter_is_pushed_once_to_a_gateway",
            ),
            models.CheckConstraint(
                condition=~Q(event_name="") & ~Q(gateway=""), name="pushed_meter_has_its_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meter_id} is {self.event_name} at {self.gateway}"


class MeterPush(models.Model):
    """One event's way to a gateway: promised before the call, under an identifier that makes a repeat one.

    It waits while ``due_at`` is set; else it was sent, or it was given up with ``error``. ``told_at`` is the
    moment that the gateway keeps for it, ``accepted_id`` the identifier in its answer.
    """

    event = models.OneToOneField(
        UsageEvent, on_delete=models.PROTECT, related_name="push", db_constraint=False
    )
    gateway_meter = models.ForeignKey(GatewayMeter, on_delete=models.PROTECT, related_name="pushes")
    customer_gateway_id = models.CharField(max_length=255)
    identifier = models.CharField(max_length=100, unique=True)
    promised_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    accepted_id = models.CharField(max_length=100, blank=True, default="")
    told_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name_plural = "meter pushes"
        constraints = [
            models.CheckConstraint(
                condition=Q(due_at__isnull=False, sent_at=None, given_up_at=None)
                | Q(due_at=None, sent_at__isnull=False, given_up_at=None)
                | Q(due_at=None, sent_at=None, given_up_at__isnull=False),
                name="push_waits_or_was_sent_or_given_up",
            ),
        ]
        indexes = [
            models.Index("due_at", "id", condition=Q(due_at__isnull=False), name="pushes_due"),
            models.Index(
                "gateway_meter",
                F("given_up_at").desc(),
                condition=Q(given_up_at__isnull=False),
                name="pushes_given_up",
            ),
        ]

    def __str__(self) -> str:
        return self.identifier
