"""Terms for which customers agreed to stay, and whether their cancellations will hold."""

from django.db import models
from django.db.models import F, Q

from billing.customers.models import Customer
from billing.history.tracking import tracked
from billing.subscriptions.models import AskedBy, Subscription

#: A commitment in one of these still binds.
RUNNING = ("agreed", "canceling", "confirmed", "at_risk")


class CommitmentState(models.TextChoices):
    AGREED = "agreed", "Agreed"
    CANCELING = "canceling", "Cancellation being set"
    CONFIRMED = "confirmed", "Ends with its term"
    AT_RISK = "at_risk", "May bill beyond"
    ENDED = "ended", "Ended"
    RELEASED = "released", "Released early"


@tracked(exclude=["cancel_reason"])
class Commitment(models.Model):
    """A term that a customer agreed to stay for; an early cancellation takes effect at its end.

    ``ends_on`` is the first day after the term and ``ends_at`` the moment: the boundary of a period of the
    subscription. ``call`` numbers what was asked of a gateway, and makes the key of the call with the
    reference. ``told_cancel_at`` is the day that the gateway last said it will end on, ``found`` what the
    watch made of it, ``watch_at`` when it looks again.
    """

    reference = models.CharField(max_length=24, unique=True)
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="commitments", db_index=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="commitments", db_index=False
    )
    state = models.CharField(max_length=12, choices=CommitmentState, default=CommitmentState.AGREED)
    starts_on = models.DateField()
    ends_on = models.DateField()
    ends_at = models.DateTimeField()
    renews = models.BooleanField(default=False)
    agreed_by = models.CharField(max_length=8, choices=AskedBy)
    agreed_by_ref = models.CharField(max_length=64)
    agreed_by_name = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    form_key = models.CharField(max_length=64, null=True, blank=True, unique=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    cancel_asked_by = models.CharField(max_length=8, choices=AskedBy, blank=True, default="")
    cancel_reason = models.CharField(max_length=500, blank=True, default="")
    call = models.PositiveSmallIntegerField(default=0)
    told_cancel_at = models.DateTimeField(null=True, blank=True)
    found = models.CharField(max_length=300, blank=True, default="")
    watched_at = models.DateTimeField(null=True, blank=True)
    watch_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(state__in=RUNNING),
                name="commitment_is_one_per_subscription",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")), name="commitment_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("agreed", "ended", "released")) | Q(cancel_asked_at__isnull=False),
                name="commitment_says_when_it_was_canceled",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("ended", "released"), ended_at__isnull=False)
                | Q(~Q(state__in=("ended", "released")), ended_at__isnull=True),
                name="commitment_says_when_it_ended",
            ),
        ]
        indexes = [
            models.Index("subscription", F("id").desc(), name="commitment_of_subscription"),
            models.Index("ends_at", "id", name="commitment_soonest_first"),
            models.Index("state", "ends_at", "id", name="commitment_state_by_end"),
            models.Index(F("created_at").desc(), F("id").desc(), name="commitment_newest_first"),
            models.Index("state", F("created_at").desc(), F("id").desc(), name="commitment_by_state"),
            models.Index("customer", F("created_at").desc(), F("id").desc(), name="commitment_of_customer"),
            models.Index("watch_at", "id", condition=Q(watch_at__isnull=False), name="commitment_to_watch"),
        ]

    def __str__(self) -> str:
        return self.reference
