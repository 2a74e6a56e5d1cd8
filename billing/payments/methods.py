"""Writing what gateways tell of payment methods: never more of a card than may be kept."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from billing.customers.services import mention_customers
from billing.gateways.facts import CustomerFact, MethodFact
from billing.history.actors import Actor
from billing.history.keeping import Kept, Told, keep
from billing.history.models import HistoryEntry
from billing.history.services import entry
from billing.logs import add_facts, service
from billing.payments.models import MethodKind, PaymentMethod
from billing.payments.retrying import charge_again_with_new_method
from billing.subscriptions.trials.marking import note_cards
from billing.subscriptions.trials.models import TrialStart


@service("payments")
@transaction.atomic
def record_methods(facts: Sequence[MethodFact], *, actor: Actor, now: datetime) -> dict[str, Kept]:
    """Makes our payment methods say what a gateway tells. One that belongs to nobody any more is marked as
    detached where it is known, and left out where it is not."""
    kept: dict[str, Kept] = {}
    for gateway in {fact.gateway for fact in facts}:
        some = {f.gateway_id: f for f in sorted(facts, key=lambda f: f.as_of) if f.gateway == gateway}
        customers = mention_customers(gateway, {f.customer_id for f in some.values()}, actor=actor, now=now)
        known = set(
            PaymentMethod.objects.filter(gateway=gateway, gateway_id__in=list(some)).values_list(
                "gateway_id", flat=True
            )
        )
        told = [
            Told(gid, fact.as_of, _values(fact, customers[fact.customer_id].pk), _birth(fact, now))
            for gid, fact in some.items()
            if fact.customer_id
        ]
        told += [
            Told(gid, fact.as_of, {"detached_at": fact.as_of})
            for gid, fact in some.items()
            if not fact.customer_id and gid in known
        ]
        kept |= keep(PaymentMethod, gateway, told, actor=actor, now=now, adjust=_once_detached)
    _mark_trials([each.row for each in kept.values() if each.written], now)
    new = {each.row.customer_id for each in kept.values() if each.outcome == "created"}
    if new:
        charge_again_with_new_method(new, actor=actor, now=now)
    add_facts(told=len(facts), written=sum(each.written for each in kept.values()))
    return kept


def _mark_trials(methods: Sequence[PaymentMethod], now: datetime) -> None:
    """A card that comes during or after a trial shows whose trials share it. One query where nobody's do."""
    cards: dict[int, set[str]] = {}
    for method in methods:
        if method.fingerprint_hash and method.detached_at is None:
            cards.setdefault(method.customer_id, set()).add(method.fingerprint_hash)
    if not cards:
        return
    tried = TrialStart.objects.filter(customer__in=sorted(cards)).values_list("customer_id", flat=True)
    for customer_id in tried.order_by("customer_id"):
        note_cards(customer_id=customer_id, fingerprints=cards[customer_id], now=now)


@service("payments")
@transaction.atomic
def record_default_methods(facts: Sequence[CustomerFact], *, actor: Actor, now: datetime) -> int:
    """Marks the method that is charged when none is named, and unmarks the others; gives how many changed.

    A method that is only named so far is made from its id and told of later. One that a customer left with us
    to be charged stays the one, whatever the gateway names.
    """
    changed: list[PaymentMethod] = []
    for gateway in {fact.gateway for fact in facts}:
        some = {f.gateway_id: f for f in sorted(facts, key=lambda f: f.as_of) if f.gateway == gateway}
        customers = mention_customers(gateway, some, actor=actor, now=now)
        told = [
            Told(
                fact.default_method_id,
                None,
                at_birth={
                    "customer_id": customers[gid].pk,
                    "kind": MethodKind.OTHER,
                    "is_default": True,
                    "created_at": now,
                },
            )
            for gid, fact in some.items()
            if fact.default_method_id
        ]
        keep(PaymentMethod, gateway, told, actor=actor, now=now)
        defaults = {customers[gid].pk: fact for gid, fact in some.items()}
        rows = PaymentMethod.objects.select_for_update().filter(gateway=gateway, customer__in=list(defaults))
        news = [
            row
            for row in rows.order_by("pk")
            if row.is_default != (row.gateway_id == defaults[row.customer_id].default_method_id)
        ]
        left_with_us = _left_with_us([row for row in news if row.is_default])
        for row in news:
            if row.customer_id not in left_with_us:
                row.is_default = not row.is_default
                changed.append(row)
    if changed:
        PaymentMethod.objects.bulk_update(changed, ["is_default"])
        HistoryEntry.objects.bulk_create(
            [entry(row, "default", actor=actor, now=now, is_default=row.is_default) for row in changed]
        )
    return len(changed)


def _left_with_us(defaults: Sequence[PaymentMethod]) -> set[int]:
    """The customers of those of these methods that were chosen here; one query where there are any."""
    if not defaults:
        return set()
    chosen = HistoryEntry.objects.filter(
        subject_kind="paymentmethod",
        subject_id__in=[row.pk for row in defaults],
        kind="default",
        facts__left_with_us=True,
    )
    ids = set(chosen.values_list("subject_id", flat=True))
    return {row.customer_id for row in defaults if row.pk in ids}


def told_of_card(fact: MethodFact) -> dict[str, object]:
    """The columns of its card that the fact speaks of: what a message leaves out, it does not take back."""
    told = {
        "brand": fact.brand,
        "last4": fact.last4,
        "exp_month": fact.exp_month,
        "exp_year": fact.exp_year,
        "fingerprint_hash": fact.fingerprint_hash,
    }
    return {name: value for name, value in told.items() if value}


def _values(fact: MethodFact, customer_id: int) -> dict[str, object]:
    born = {"created_at": fact.created_at} if fact.created_at else {}
    return {
        "customer_id": customer_id,
        "kind": fact.kind,
        "detached_at": None,
        **told_of_card(fact),
        **born,
    }


def _birth(fact: MethodFact, now: datetime) -> dict[str, object]:
    return {"created_at": fact.created_at or now}


def _once_detached(row: PaymentMethod, values: dict[str, object]) -> dict[str, object]:
    if set(values) == {"detached_at"} and row.detached_at is not None:
        return {}
    return values
