"""Writing what gateways tell of customers and of how they pay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from billing.customers import identity
from billing.customers.models import Customer
from billing.gateways.facts import CustomerFact, PersonFact
from billing.history.actors import Actor
from billing.history.keeping import Kept, Told, keep, lock_ids
from billing.ids import new_short_reference
from billing.logs import add_facts, service


@service("customers")
@transaction.atomic
def record_customers(facts: Sequence[CustomerFact], *, actor: Actor, now: datetime) -> dict[str, Kept]:
    """Makes our customers say what a gateway tells, by its ids; names and addresses go to `Identity` only.

    Idempotent, safe against other writers of the same customers, and deaf to what is older than what is
    known. What is known already writes nothing.
    """
    kept: dict[str, Kept] = {}
    for gateway, some in _by_gateway(facts).items():
        _adopt(gateway, some)
        told = [
            Told(
                fact.gateway_id,
                fact.as_of,
                _values(fact),
                {"reference": new_short_reference("CUS"), "created_at": fact.created_at or now},
            )
            for fact in some
        ]
        here = keep(Customer, gateway, told, actor=actor, now=now)
        identity.make_keys([each.row for each in here.values() if each.outcome == "created"])
        people = {
            here[fact.gateway_id].row.pk: _person(here[fact.gateway_id].row, fact.person)
            for fact in some
            if fact.person is not None and here[fact.gateway_id].outcome != "older"
        }
        rows = [each.row for each in here.values()]
        news = identity.record_people(people, rows, actor=actor, now=now)
        new = [each.row for each in here.values() if each.outcome == "created"]
        identity.make_blank([row for row in new if row.pk not in people])
        for each in here.values():
            if each.outcome == "same" and each.row.pk in news:
                each.outcome = "changed"
        kept |= here
    add_facts(told=len(facts), written=sum(each.written for each in kept.values()))
    return kept


def record_customer(fact: CustomerFact, *, actor: Actor, now: datetime) -> Customer:
    """As `record_customers`, for one."""
    return record_customers([fact], actor=actor, now=now)[fact.gateway_id].row


def mention_customers(
    gateway: str, gateway_ids: Iterable[str], *, actor: Actor, now: datetime, tags: Sequence[str] = ()
) -> Mapping[str, Customer]:
    """The customers of these ids; one that a gateway names before it tells of them is made from its id.

    Such a row has no `gateway_as_of`, and whatever is told later completes it. Inside a transaction.
    """
    wanted = sorted({each for each in gateway_ids if each})
    known = {
        each.gateway_id: each for each in Customer.objects.filter(gateway=gateway, gateway_id__in=wanted)
    }
    missing = [each for each in wanted if each not in known]
    if not missing:
        return known
    told = [
        Told(
            each,
            None,
            at_birth={"reference": new_short_reference("CUS"), "created_at": now, "tags": list(tags)},
        )
        for each in missing
    ]
    kept = keep(Customer, gateway, told, actor=actor, now=now)
    new = [each.row for each in kept.values() if each.outcome == "created"]
    identity.make_keys(new)
    identity.make_blank(new)
    return known | {gid: each.row for gid, each in kept.items()}


def _adopt(gateway: str, facts: Sequence[CustomerFact]) -> None:
    """Gives customers of ours, whom we made known there, the ids by which the gateway calls them, where it
    tells of them before it answers."""
    told = {fact.reference: fact.gateway_id for fact in facts if fact.reference}
    if not told:
        return
    lock_ids(Customer._meta.db_table, gateway, told.values())
    taken = set(
        Customer.objects.filter(gateway=gateway, gateway_id__in=list(told.values())).values_list(
            "gateway_id", flat=True
        )
    )
    rows = Customer.objects.select_for_update(no_key=True).filter(gateway_id="", reference__in=list(told))
    for row in rows.order_by("pk"):
        if told[row.reference] not in taken:
            row.gateway, row.gateway_id = gateway, told[row.reference]
            row.save(update_fields=["gateway", "gateway_id"])


def _person(row: Customer, told: PersonFact) -> PersonFact:
    """Who a user of the host product is, the host says: what a gateway leaves empty is not taken back."""
    if not row.external_id:
        return told
    known = getattr(row, "identity", None)
    said = {name: value or getattr(known, name, "") for name, value in asdict(told).items()}
    return PersonFact(**said)


def _values(fact: CustomerFact) -> dict[str, object]:
    """The columns that the fact speaks of: what a gateway leaves empty, it does not take back."""
    told: dict[str, object] = {
        "country": fact.country,
        "currency": fact.currency,
        "locale": fact.locale,
    }
    told = {name: value for name, value in told.items() if value}
    if fact.created_at is not None:
        told["created_at"] = fact.created_at
    if fact.is_deleted:
        told["deleted_at_gateway_at"] = fact.as_of
    return told


def _by_gateway(facts: Sequence[CustomerFact]) -> dict[str, list[CustomerFact]]:
    """In two passes of the same id the later one wins, as `keep` decides."""
    groups: dict[str, dict[str, CustomerFact]] = {}
    for fact in facts:
        group = groups.setdefault(fact.gateway, {})
        if fact.gateway_id not in group or fact.as_of >= group[fact.gateway_id].as_of:
            group[fact.gateway_id] = fact
    return {gateway: list(group.values()) for gateway, group in groups.items()}
