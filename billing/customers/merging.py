"""Two customers who are one: linked, with what each has left where it is, and taken apart again."""

from datetime import datetime

from django.db import transaction

from billing.customers.link_models import CustomerLink
from billing.customers.models import Customer
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import add_facts, service

__all__ = ["link_of", "links_into", "merge_customers", "same_payer", "separate_customers", "why_not_merged"]


def link_of(customer_id: int) -> CustomerLink | None:
    """The link by which this customer is another, while it holds; one query."""
    found = CustomerLink.objects.filter(customer=customer_id, undone_at__isnull=True)
    return found.select_related("into__identity").first()


def links_into(customer_id: int) -> list[CustomerLink]:
    """Those who are this customer too, in the order in which they were merged; one query."""
    found = CustomerLink.objects.filter(into=customer_id, undone_at__isnull=True)
    return list(found.select_related("customer__identity").order_by("made_at", "pk"))


def same_payer(customer_id: int) -> list[int]:
    """This customer's id and those of all who are merged into it."""
    return [customer_id, *(link.customer_id for link in links_into(customer_id))]


def why_not_merged(customer: Customer, into: Customer) -> str:
    """Why the first cannot be merged into the second, in a sentence; empty when it can."""
    if customer.pk == into.pk:
        return f"{customer.reference} is this customer: name another."
    if link := link_of(into.pk):
        there = link.into.reference
        return f"{into.reference} is merged into {there} already: merge into {there}."
    if link := link_of(customer.pk):
        return f"{customer.reference} is merged into {link.into.reference} already: separate them first."
    if others := links_into(customer.pk):
        names = ", ".join(each.customer.reference for each in others)
        return f"Merged into {customer.reference} are {names}: separate them first, or merge the other way."
    return ""


def lock_both(customer_id: int, into_id: int) -> dict[int, Customer]:
    """Both rows, locked in the order of their ids: two merges the opposite ways never wait in a ring."""
    rows = Customer.objects.select_for_update().filter(pk__in=[customer_id, into_id]).order_by("pk")
    return {row.pk: row for row in rows}


@service("customers")
@transaction.atomic
def merge_customers(
    *, customer_id: int, into_id: int, reason: str, actor: Actor, now: datetime
) -> CustomerLink:
    """Says that the first customer is the second. Asked again, it gives the link that holds.

    Both are locked, in the order of their ids. Raises `InvalidInput` on "reason", and on "into" with why not.
    """
    reason = _reason(reason)
    locked = lock_both(customer_id, into_id)
    if customer_id not in locked or into_id not in locked:
        raise Missing("customer_missing", "This customer is no longer here.")
    customer, into = locked[customer_id], locked[into_id]
    held = link_of(customer.pk)
    if held and held.into_id == into.pk:
        return held
    if refusal := why_not_merged(customer, into):
        raise InvalidInput("customers_not_mergeable", refusal, field="into")
    link = CustomerLink.objects.create(
        customer=customer,
        into=into,
        reason=reason,
        made_at=now,
        made_by_ref=actor.ref,
        made_by_name=actor.name,
    )
    record(customer, "merged", actor=actor, now=now, reason=reason, into=into.reference)
    record(into, "merged", actor=actor, now=now, reason=reason, with_customer=customer.reference)
    add_facts(customer=customer.reference, into=into.reference)
    return link


@service("customers")
@transaction.atomic
def separate_customers(*, customer_id: int, reason: str, actor: Actor, now: datetime) -> CustomerLink:
    """Takes a merge back; nothing had moved, so nothing moves.

    Raises `InvalidInput` on "reason", and `Conflict` when the customer is merged into nobody.
    """
    reason = _reason(reason)
    customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
    if customer is None:
        raise Missing("customer_missing", "This customer is no longer here.")
    link = link_of(customer.pk)
    if link is None:
        raise Conflict("customer_not_merged", f"{customer.reference} is merged into nobody.")
    link.undone_at, link.undo_reason = max(now, link.made_at), reason
    link.undone_by_ref, link.undone_by_name = actor.ref, actor.name
    link.save(update_fields=["undone_at", "undo_reason", "undone_by_ref", "undone_by_name"])
    record(customer, "separated", actor=actor, now=now, reason=reason, was=link.into.reference)
    record(link.into, "separated", actor=actor, now=now, reason=reason, from_customer=customer.reference)
    add_facts(customer=customer.reference, was=link.into.reference)
    return link


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput("reason_empty", "Reason: say how you know.", field="reason")
    if len(reason) > 2_000:
        raise InvalidInput("reason_too_long", "Reason: shorten it to 2,000 characters.", field="reason")
    return reason.strip()
