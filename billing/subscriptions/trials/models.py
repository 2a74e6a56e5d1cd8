"""Who has tried, and what the trials of different customers have in common, as keyed hashes only."""

from django.db import models
from django.db.models import F, Q

from billing.customers.models import Customer
from billing.history.tracking import tracked
from billing.subscriptions.models import Subscription


class TrialState(models.TextChoices):
    STARTED = "started", "Running"
    CONVERTED = "converted", "Converted"
    ENDED = "ended", "Ended"
    CANCELED = "canceled", "Canceled"


class MarkKind(models.TextChoices):
    EMAIL = "email", "E-mail address"
    CARD = "card", "Card"
    ADDRESS = "address", "Network address"
    DOMAIN = "domain", "E-mail domain"
    DEVICE = "device", "Device"


@tracked()
class TrialStart(models.Model):
    """A customer's one trial, and what became of it.

    ``ended`` ran out without a purchase, ``canceled`` was given up before its end. How long it runs stands
    on its subscription, since a trial may be extended there.
    """

    reference = models.CharField(max_length=24, unique=True)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="trial_starts", db_index=False
    )
    subscription = models.OneToOneField(
        Subscription, null=True, blank=True, on_delete=models.PROTECT, related_name="trial_start"
    )
    state = models.CharField(max_length=12, choices=TrialState, default=TrialState.STARTED)
    started_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer"], name="one_trial_per_customer"),
            models.CheckConstraint(
                condition=Q(state="started", decided_at__isnull=True)
                | Q(~Q(state="started"), decided_at__isnull=False),
                name="trial_is_decided_when_it_is_over",
            ),
        ]
        indexes = [
            models.Index(F("started_at").desc(), F("id").desc(), name="trial_newest_first"),
            models.Index("state", F("started_at").desc(), F("id").desc(), name="trial_by_state"),
        ]

    def __str__(self) -> str:
        return self.reference


class TrialCluster(models.Model):
    """Something that trials have in common: a card, a network address, an e-mail domain, a device.

    ``hash`` is keyed and says nothing by itself. Whoever starts a trial holds this row's lock while the
    trials that share it are counted. No audit trail is kept, so that an erasure leaves nothing behind.
    """

    kind = models.CharField(max_length=8, choices=MarkKind)
    hash = models.CharField(max_length=64)
    trials = models.PositiveIntegerField(default=0)
    converted = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "hash"], name="trial_cluster_is_kept_once"),
            models.CheckConstraint(
                condition=Q(hash__regex=r"^[0-9a-f]{64}$"), name="trial_cluster_is_known_by_a_hash"
            ),
            models.CheckConstraint(
                condition=Q(converted__lte=F("trials")), name="no_more_trials_convert_than_start"
            ),
        ]
        indexes = [
            models.Index(
                F("trials").desc(), F("id").desc(), condition=Q(trials__gte=2), name="trial_cluster_largest"
            ),
            models.Index(
                "kind",
                F("trials").desc(),
                F("id").desc(),
                condition=Q(trials__gte=2),
                name="trial_cluster_kind_largest",
            ),
            models.Index(
                F("last_at").desc(), F("id").desc(), condition=Q(trials__gte=2), name="trial_cluster_latest"
            ),
            models.Index(
                "kind",
                F("last_at").desc(),
                F("id").desc(),
                condition=Q(trials__gte=2),
                name="trial_cluster_kind_latest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.hash[:8]}"


class TrialMark(models.Model):
    """That a trial has what a cluster stands for.

    ``claims`` says that it was started with it, where only one trial may be: an e-mail address or a card. A
    card that came later is marked without, so that it shows and refuses nobody.
    """

    trial = models.ForeignKey(TrialStart, on_delete=models.CASCADE, related_name="marks", db_index=False)
    cluster = models.ForeignKey(TrialCluster, on_delete=models.CASCADE, related_name="marks", db_index=False)
    claims = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "cluster"], name="trial_is_marked_once"),
            models.UniqueConstraint(
                fields=["cluster"], condition=Q(claims=True), name="one_trial_per_email_and_per_card"
            ),
        ]
        indexes = [models.Index("cluster", F("at").desc(), F("id").desc(), name="trial_mark_of_cluster")]

    def __str__(self) -> str:
        return f"{self.trial_id} in {self.cluster_id}"
