"""Tags on customers: short words that members of staff sort them by."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from billing.customers.models import Customer
from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.history.services import record
from billing.jobs.kinds import row_handler
from billing.jobs.models import RunRow
from billing.logs import service

LONGEST, MOST = 40, 20
SHAPE = re.compile(r"[\w][\w .&/+-]*", re.UNICODE)


def clean_tag(text: str, *, field: str = "tag") -> str:
    """The tag as it is kept: lower case, single spaces. Raises `InvalidInput` on ``field``."""
    tag = " ".join(text.lower().split())
    if not tag or len(tag) > LONGEST or not SHAPE.fullmatch(tag):
        raise InvalidInput(
            "tag_malformed",
            f"Tag: up to {LONGEST} letters, digits and spaces, for example key account.",
            field=field,
        )
    return tag


@service("customers")
def tag_customer(*, customer_id: int, tag: str, actor: Actor, now: datetime) -> bool:
    """Puts a tag on a customer and says whether it is new there. Raises `Conflict` above twenty tags."""
    tag = clean_tag(tag)
    with transaction.atomic():
        customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
        if customer is None:
            raise Missing("customer_missing", "This customer is no longer here.")
        if tag in customer.tags:
            return False
        if len(customer.tags) >= MOST:
            raise Conflict("too_many_tags", f"{customer.reference} has {MOST} tags: take one off first.")
        customer.tags = sorted([*customer.tags, tag])
        customer.save(update_fields=["tags"])
        record(customer, "tagged", actor=actor, now=now, added=[tag])
    return True


@service("customers")
def change_tags(
    *, customer_id: int, add: Collection[str], remove: Collection[str], actor: Actor, now: datetime
) -> Customer:
    """Puts tags on a customer and takes others off, as one entry of history; no change writes nothing.

    What others changed meanwhile stays. Raises `InvalidInput` on "add" for a tag that cannot be one and when
    there would be more than twenty.
    """
    wanted = [clean_tag(each, field="add") for each in add]
    with transaction.atomic():
        customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
        if customer is None:
            raise Missing("customer_missing", "This customer is no longer here.")
        before = set(customer.tags)
        after = (before - set(remove)) | set(wanted)
        if len(after) > MOST and len(after) > len(before):
            raise InvalidInput(
                "too_many_tags",
                f"Add: that makes {len(after)} tags; a customer has {MOST} at most. Take some off first.",
                field="add",
            )
        if after != before:
            customer.tags = sorted(after)
            customer.save(update_fields=["tags"])
            record(
                customer,
                "tagged",
                actor=actor,
                now=now,
                added=sorted(after - before),
                removed=sorted(before - after),
            )
    return customer


@row_handler("customers.tag", subject="customer")
def tag_row(row: RunRow, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> str:
    """One customer of a bulk action."""
    new = tag_customer(customer_id=row.subject_id, tag=asked["tag"], actor=actor, now=now)
    return f"Tagged “{asked['tag']}”" if new else f"Had the tag “{asked['tag']}” already"
