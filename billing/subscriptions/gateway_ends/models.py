"""Ends that a gateway was asked for."""

from django.db import models
from django.db.models import F, Q

from billing.history.tracking import tracked
from billing.subscriptions.changes import SubscriptionChange
from billing.subscriptions.models import Subscription


class Wanted(models.TextChoices):
    NOW = "now", "Ends now"
    LATER = "later", "Ends later"
    NEVER = "never", "Goes on"


class GatewayEndState(models.TextChoices):
    ASKED = "asked", "Being set"
    HELD = "held", "Set"
    REFUSED = "refused", "Not set"


@tracked()
class GatewayEnd(models.Model):
    """When a subscription that a gateway collects shall end, as it was asked for here; one at a time.

    ``change`` says who asked and why. ``found`` is what the gateway said when it was read back, or why it is
    being asked again. The key of the call is the row's own, so that one wish is carried out once.
    """

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="gateway_ends", db_index=False
    )
    change = models.OneToOneField(SubscriptionChange, on_delete=models.PROTECT, related_name="gateway_end")
    state = models.CharField(max_length=8, choices=GatewayEndState, default=GatewayEndState.ASKED)
    wanted = models.CharField(max_length=8, choices=Wanted)
    ends_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    found = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(state="asked"), name="gateway_end_is_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(wanted="later", ends_at__isnull=False)
                | Q(~Q(wanted="later"), ends_at__isnull=True),
                name="gateway_end_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state="asked", settled_at__isnull=True)
                | Q(~Q(state="asked"), settled_at__isnull=False),
                name="gateway_end_says_when_it_was_settled",
            ),
        ]
        indexes = [
            models.Index("subscription", F("id").desc(), name="gateway_end_of_subscription"),
            models.Index("id", condition=Q(state="asked"), name="gateway_end_to_set"),
        ]

    def __str__(self) -> str:
        return f"{self.get_wanted_display()}: {self.get_state_display()}"

    @property
    def call_key(self) -> str:
        return f"end-of-subscription:{self.pk}"
