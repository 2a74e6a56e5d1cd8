"""What members of staff write about a customer for each other."""

from datetime import datetime

from django.db import transaction

from billing.customers.models import Customer, CustomerNote
from billing.errors import InvalidInput
from billing.history.actors import Actor
from billing.history.services import record
from billing.logs import service

LONGEST = 10_000


@service("customers")
def add_note(*, customer: Customer, body: str, actor: Actor, form_key: str, now: datetime) -> CustomerNote:
    """Writes a note, once for each ``form_key``: sending the same form again returns the first note.

    Raises `InvalidInput` on "body" when it is empty or longer than 10,000 characters.
    """
    body = body.strip()
    if not body:
        raise InvalidInput("note_empty", "Note: write what the others should know.", field="body")
    if len(body) > LONGEST:
        raise InvalidInput(
            "note_too_long", f"Note: {len(body):,} characters; shorten it to {LONGEST:,}.", field="body"
        )
    with transaction.atomic():
        note, made = CustomerNote.objects.get_or_create(
            form_key=form_key,
            defaults={
                "customer": customer,
                "body": body,
                "author_ref": actor.ref,
                "author_name": actor.name,
                "created_at": now,
            },
        )
        if made:
            record(customer, "note", actor=actor, now=now, reason=body)
    return note
