"""Who acts: a person of the staff, the system itself, a gateway, or the customer."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something. ``ref`` is stable ("staff:12", "system:worker", "gateway:stripe").

    ``roles`` are a person's at this moment; limits are set for roles.
    """

    kind: str
    ref: str
    name: str
    roles: tuple[str, ...] = ()


def person(member_id: int, name: str, roles: Iterable[str] = ()) -> Actor:
    return Actor("person", f"staff:{member_id}", name, tuple(sorted(roles)))


def system(part: str) -> Actor:
    """A part of the product acting by itself: ``system("worker")``, ``system("demo")``."""
    return Actor("system", f"system:{part}", f"Countinghouse ({part})")


_GATEWAYS = {"stripe": "Stripe", "paypal": "PayPal", "yookassa": "YooKassa", "sandbox": "Sandbox"}


def gateway(name: str) -> Actor:
    return Actor("gateway", f"gateway:{name}", _GATEWAYS.get(name, name))
