"""Claiming a trial: one for a customer, an e-mail address and a card, and few for a network address.

Whatever is asked at the same moment, the customer's row and then the rows of everything that the trial shares
with others are locked, in one order for all, before anything is counted; unique constraints hold it besides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q

from billing.customers.models import Customer
from billing.errors import Conflict, Missing, NotAllowed
from billing.history.actors import Actor
from billing.history.services import record
from billing.ids import new_short_reference
from billing.logs import add_facts, service
from billing.subscriptions.models import Subscription
from billing.subscriptions.trials.hashing import mark_hash
from billing.subscriptions.trials.models import TrialCluster, TrialMark, TrialStart
from billing.subscriptions.trials.rules import CLAIMED, DOMAIN_WINDOW, FREE_MAIL, Policy
from billing.subscriptions.trials.sameness import domain_of, same_device, same_email, same_network

__all__ = ["claim_trial", "policy", "why_no_trial"]

type Mark = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Counted:
    """How many trials share a mark: ever claimed, of today, and of the last thirty days."""

    claimed: int
    today: int
    lately: int


def policy() -> Policy:
    """What the settings say about trials."""
    return Policy(
        per_address=settings.TRIALS_PER_ADDRESS,
        per_domain=settings.TRIALS_PER_DOMAIN,
        needs_verified_email=settings.TRIAL_NEEDS_VERIFIED_EMAIL,
        without_method="pause" if settings.TRIAL_WITHOUT_METHOD == "pause" else "cancel",
    )


@service("trials")
@transaction.atomic
def claim_trial(
    *,
    customer_id: int,
    email: str,
    fingerprints: Iterable[str] = (),
    address: str = "",
    device: str = "",
    email_verified: bool = False,
    subscription: Subscription | None = None,
    actor: Actor,
    now: datetime,
) -> TrialStart:
    """The customer's one trial, claimed in the caller's transaction; `attach` ties it to its subscription.

    ``fingerprints`` are hashes as payment methods keep them, ``address`` the IP address that asked (empty
    when a member of staff did), ``device`` whatever the host tells devices apart by. Nothing of these is kept
    but keyed hashes. Raises `Conflict` where there was a trial, `NotAllowed` where a limit holds it off.
    """
    if not Customer.objects.filter(pk=customer_id).exists():
        raise Missing("customer_missing", "This customer is not here.")
    _lock_customer(customer_id)
    rules = policy()
    if rules.needs_verified_email and not email_verified:
        raise NotAllowed(
            "trial_email_unverified", "E-mail: confirm the address first; the trial starts after that."
        )
    if _had_one(customer_id, now):
        raise Conflict("trial_had", "This customer has had a trial. Start the plan without one.")
    marks = _marks(email, fingerprints, address, device)
    clusters = _lock_clusters(marks, now)
    counted = _count(clusters, now)
    for cluster in clusters:
        _refuse(cluster, counted[cluster.pk], rules)
    trial = TrialStart.objects.create(
        reference=new_short_reference("TRI"),
        customer_id=customer_id,
        subscription=subscription,
        started_at=now,
    )
    TrialMark.objects.bulk_create(
        TrialMark(trial=trial, cluster=each, claims=each.kind in CLAIMED, at=now) for each in clusters
    )
    TrialCluster.objects.filter(pk__in=[each.pk for each in clusters]).update(
        trials=F("trials") + 1, last_at=now
    )
    record(trial, "state", actor=actor, now=now, to_state=trial.state)
    add_facts(trial=trial.reference, shared=sum(each.trials > 0 for each in clusters))
    return trial


def why_no_trial(customer_id: int, now: datetime) -> str:
    """Why this customer gets no trial, by their own record, in a sentence; empty when they may."""
    return "This customer has had a trial already." if _had_one(customer_id, now) else ""


def _lock_customer(customer_id: int) -> None:
    """Whoever else wants a trial for this customer waits here."""
    list(Customer.objects.select_for_update().filter(pk=customer_id).values_list("pk"))


def _had_one(customer_id: int, now: datetime) -> bool:
    """Also one that a gateway told of, which no claim stands for; not that which starts at this moment."""
    told = Subscription.objects.filter(customer=customer_id, trial_ends_at__isnull=False, created_at__lt=now)
    return TrialStart.objects.filter(customer=customer_id).exists() or told.exists()


def _marks(email: str, fingerprints: Iterable[str], address: str, device: str) -> list[Mark]:
    """What the trial is known by, in the order in which it is locked."""
    mailbox = same_email(email)
    values: list[Mark] = [("email", mailbox), *(("card", each) for each in set(fingerprints) if each)]
    if domain_of(mailbox) not in FREE_MAIL:
        values.append(("domain", domain_of(mailbox)))
    if network := same_network(address):
        values.append(("address", network))
    if signal := same_device(device):
        values.append(("device", signal))
    return sorted((kind, mark_hash(kind, value)) for kind, value in values)


def _lock_clusters(marks: list[Mark], now: datetime) -> list[TrialCluster]:
    """The rows of these marks, made where there are none, and locked until the transaction ends."""
    TrialCluster.objects.bulk_create(
        [TrialCluster(kind=kind, hash=hash_, first_at=now, last_at=now) for kind, hash_ in marks],
        ignore_conflicts=True,
    )
    mine = Q(pk__in=[])
    for kind, hash_ in marks:
        mine |= Q(kind=kind, hash=hash_)
    return list(TrialCluster.objects.select_for_update().filter(mine).order_by("kind", "hash"))


def _count(clusters: list[TrialCluster], now: datetime) -> dict[int, _Counted]:
    today = datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)
    rows = (
        TrialMark.objects.filter(cluster__in=clusters)
        .values_list("cluster_id")
        .annotate(
            claimed=Count("pk", filter=Q(claims=True)),
            today=Count("pk", filter=Q(at__gte=today)),
            lately=Count("pk", filter=Q(at__gte=now - DOMAIN_WINDOW)),
        )
    )
    counted = {pk: _Counted(claimed, today, lately) for pk, claimed, today, lately in rows}
    return {each.pk: counted.get(each.pk, _Counted(0, 0, 0)) for each in clusters}


def _refuse(cluster: TrialCluster, counted: _Counted, rules: Policy) -> None:
    """Raises what is against one more trial with this mark."""
    if cluster.kind == "email" and counted.claimed:
        raise Conflict(
            "trial_email_used", "E-mail: there was a trial with this address. Start the plan without one."
        )
    if cluster.kind == "card" and counted.claimed:
        raise Conflict("trial_card_used", "Card: there was a trial with it. Start the plan without one.")
    if cluster.kind == "address" and counted.today >= rules.per_address:
        raise NotAllowed(
            "trial_address_limit",
            f"From this network address {rules.per_address} trials were started today. Try again tomorrow.",
            retry_helps=True,
        )
    if cluster.kind == "domain" and counted.lately >= rules.per_domain:
        raise NotAllowed(
            "trial_domain_limit",
            f"At this e-mail domain {rules.per_domain} trials were started in 30 days. "
            "Ask the sales team for more.",
        )
