"""YooKassa at the door: it signs nothing and numbers nothing, so the sender's address decides who may knock.

What the message says is believed only once the object has been fetched back (`telling.yookassa`). Its id is
made of what it is about: the same notification is sent again until it is answered.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings

from billing.errors import Missing
from billing.gateways.errors import NotSetUp
from billing.gateways.paypal_objects.reading import at
from billing.webhooks.allowlist import allowed
from billing.webhooks.allowlist.reading import fact
from billing.webhooks.endpoints import is_declared
from billing.webhooks.sources.parsing import (
    UNREADABLE,
    Unreadable,
    digest_of,
    headers_kept,
    parse,
    unreadable,
)
from billing.webhooks.sources.protocol import Delivery, Incoming, NotSigned

type Network = IPv4Network | IPv6Network

#: When an object last changed, by the state that its event tells of.
MOMENTS = ("captured_at", "authorized_at", "canceled_at", "succeeded_at", "created_at")


class YooKassa:
    name = "yookassa"

    def verify(self, delivery: Delivery, *, now: datetime) -> None:
        if not is_declared(self.name, delivery.endpoint):
            raise Missing("no_such_endpoint", "There is no such endpoint.")
        networks = settings.YOOKASSA_NETWORKS
        if not networks:
            raise NotSetUp("networks_missing", "YOOKASSA_NETWORKS is empty: no sender can be YooKassa.")
        if not delivery.address:
            raise NotSigned("address", "Nobody knows where the message came from.")
        if not comes_from(delivery.address, tuple(networks)):
            raise NotSigned("address", "The message does not come from YooKassa's networks.")

    def read(self, delivery: Delivery, *, now: datetime) -> Incoming:
        try:
            found, trouble = parse(delivery.body)
        except Unreadable as refusal:
            return unreadable(self.name, delivery, str(refusal), now=now)
        event, told = found.get("event"), found.get("object")
        kind = event if isinstance(event, str) else ""
        body: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
        object_id = body.get("id") if isinstance(body.get("id"), str) else ""
        if not kind:
            trouble = trouble or "The message has no type."
        elif not object_id:
            trouble = trouble or "The message is about no object."
        object_kind = fact(kind).partition(".")[0][:40]
        content, dropped = allowed(self.name, object_kind, body)
        return Incoming(
            source=self.name,
            endpoint=delivery.endpoint,
            event_id=f"{kind}:{object_id}",
            type=kind or UNREADABLE,
            happened_at=_happened_at(body) or now,
            digest=digest_of(delivery.body),
            object_kind=object_kind,
            object_id=str(object_id),
            customer_gateway_id=_text(body.get("merchant_customer_id")),
            content={
                "object": content,
                "dropped": dropped,
                "previous": {},
                "headers": headers_kept(delivery),
            },
            trouble=trouble,
        )


def comes_from(address: str, networks: Sequence[str]) -> bool:
    """Whether the address lies in one of the networks. An IPv4 address written as IPv6 counts as itself."""
    try:
        found = ip_address(address.strip())
    except ValueError:  # quiet: what is no address lies in no network
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in each for each in _parsed(tuple(networks)))


@lru_cache(maxsize=8)
def _parsed(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(each) for each in networks)


def _happened_at(body: Mapping[str, Any]) -> datetime | None:
    return next((found for name in MOMENTS if (found := at(body.get(name)))), None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
