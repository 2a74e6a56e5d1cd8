"""Who acts: a person of the staff, the system itself, a gateway, or the customer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something. ``ref`` is stable ("staff:12", "system:worker", "gateway:stripe")."""

    kind: str
    ref: str
    name: str


def person(member_id: int, name: str) -> Actor:
    return Actor("person", f"staff:{member_id}", name)


def system(part: str) -> Actor:
    """A part of the product acting by itself: ``system("worker")``, ``system("demo")``."""
    return Actor("system", f"system:{part}", f"Countinghouse ({part})")


def gateway(name: str) -> Actor:
    return Actor("gateway", f"gateway:{name}", {"stripe": "Stripe", "sandbox": "Sandbox"}.get(name, name))
