"""Customers of ours as a gateway knows them: made known there before a card is kept for them."""

from datetime import datetime

from django.db import transaction

from billing.customers.models import Customer
from billing.errors import Conflict
from billing.gateways.errors import NotSetUp
from billing.gateways.registry import charger_named
from billing.history.actors import gateway as gateway_actor
from billing.history.services import record
from billing.logs import service

__all__ = ["payer_at", "refuse_if_elsewhere"]


def refuse_if_elsewhere(customer: Customer, gateway: str) -> None:
    """Raises `Conflict` for a customer of another gateway, where a card is kept for the gateway's own
    customers only: one of ours is known at one gateway."""
    if customer.gateway in ("", gateway):
        return
    try:
        keeps_its_own = charger_named(gateway).knows_customers
    except NotSetUp:  # quiet: whoever calls it is told
        return
    if keeps_its_own:
        raise Conflict(
            "customer_of_another_gateway",
            f"Customer: this one is known at {customer.gateway.capitalize()}, and {gateway.capitalize()} "
            "cannot keep a card for them beside it. Let them pay there.",
            field="customer",
        )


@service("payments")
def payer_at(*, customer: Customer, gateway: str, now: datetime) -> str:
    """What the gateway calls this customer; made known there where they are not, once. Empty where it does
    without.

    Called with no transaction open. Raises what the gateway raises, and `Conflict` for a customer of another
    gateway.
    """
    if customer.gateway == gateway and customer.gateway_id:
        return customer.gateway_id
    refuse_if_elsewhere(customer, gateway)
    charger = charger_named(gateway)
    if not charger.knows_customers:
        return ""
    identity = getattr(customer, "identity", None)
    told = charger.know_customer(
        customer.reference, name=identity.name if identity else "", email=identity.email if identity else ""
    )
    return _keep(customer.pk, gateway, told, now)


@transaction.atomic
def _keep(customer_id: int, gateway: str, told: str, now: datetime) -> str:
    """Whoever was first, a message of the gateway's or another call, is right."""
    row = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    if row.gateway == gateway and row.gateway_id:
        return row.gateway_id
    if row.gateway_id:
        raise Conflict(
            "customer_of_another_gateway",
            f"Customer: this one is known at {row.gateway.capitalize()} by now.",
        )
    row.gateway, row.gateway_id = gateway, told
    row.save(update_fields=["gateway", "gateway_id"])
    record(row, "known_at_gateway", actor=gateway_actor(gateway), now=now, gateway_id=told)
    return told
