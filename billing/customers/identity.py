"""Personal fields: in the clear in one table, and in history only as hashes under the customer's own key.

Erasure deletes the key with the values; what history then holds means nothing to anybody.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from billing.customers.models import Customer, Identity, IdentityKey
from billing.gateways.facts import PersonFact
from billing.history.actors import Actor
from billing.history.models import HistoryEntry
from billing.history.services import entry

KEY_BYTES = 32
FIELDS = ("name", "email", "line1", "line2", "city", "region", "postal_code", "phone", "tax_id")


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def keyed_hash(key: bytes, field: str, value: str) -> str:
    """32 hexadecimal digits that tell whether a field had this value, to whoever holds the key."""
    return hmac.new(key, f"{field}:{value}".encode(), hashlib.sha256).hexdigest()[:32]


def record_people(
    people: Mapping[int, PersonFact], customers: Sequence[Customer], *, actor: Actor, now: datetime
) -> set[int]:
    """Makes the identities of these customers (locked by the caller) say what is told; gives whose changed.

    History gets an entry with the keyed hash of each changed field. Equal values write nothing.
    """
    keys = _keys(customers)
    known = {each.customer_id: each for each in Identity.objects.filter(customer__in=list(people))}
    by_id = {customer.pk: customer for customer in customers}
    made: list[Identity] = []
    changed: list[Identity] = []
    entries: list[HistoryEntry] = []
    for customer_id, person in people.items():
        identity = known.get(customer_id)
        told = {name: value for name, value in asdict(person).items() if value is not None}
        news = [name for name, value in told.items() if value != getattr(identity, name, "")]
        if identity is None:
            made.append(Identity(customer_id=customer_id, **told))
        elif news:
            for name in news:
                setattr(identity, name, told[name])
            changed.append(identity)
        if news:
            hashes = {name: keyed_hash(keys[customer_id], name, told[name]) for name in news}
            entries.append(entry(by_id[customer_id], "identity", actor=actor, now=now, hashes=hashes))
    Identity.objects.bulk_create(made)
    if changed:
        Identity.objects.bulk_update(changed, FIELDS)
    HistoryEntry.objects.bulk_create(entries)
    return {each.customer_id for each in changed}


def make_keys(customers: Collection[Customer]) -> None:
    IdentityKey.objects.bulk_create([IdentityKey(customer=each, key=new_key()) for each in customers])


def make_blank(customers: Collection[Customer]) -> None:
    """The identities of customers of whom nothing personal has been told: they are called by their ids."""
    Identity.objects.bulk_create([Identity(customer=each) for each in customers])


def _keys(customers: Sequence[Customer]) -> dict[int, bytes]:
    """The keys of these customers; made for those that came about without one."""
    ids = [each.pk for each in customers]
    keys = {each.customer_id: bytes(each.key) for each in IdentityKey.objects.filter(customer__in=ids)}
    missing = [IdentityKey(customer_id=each, key=new_key()) for each in ids if each not in keys]
    if missing:
        IdentityKey.objects.bulk_create(missing)
        keys |= {each.customer_id: bytes(each.key) for each in missing}
    return keys
