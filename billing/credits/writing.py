"""Writing to customers about credits: what they were granted, and what is about to end."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from django.db import models, transaction

from billing.credits.expiring import Warned, warn_before_expiry
from billing.history.actors import Actor
from billing.logs import add_facts, service
from billing.messages import services as messages
from billing.messages.models import Message
from billing.messages.words import Credits, Note, Value
from billing.money import Money

__all__ = ["credits_in_words", "granted_facts", "warn_customers", "write_granted"]

BATCH = 500


def credits_in_words(amount: int, unit: str, currency: str) -> Value:
    """So much of a unit as messages take it: money for store credit."""
    return Money(amount, currency) if currency else Credits(amount, unit)


def granted_facts(
    amount: int, unit: str, currency: str = "", *, expires_at: datetime | None = None, note: str = ""
) -> dict[str, Value]:
    """The facts of "credits_granted", for its preview and for `write_granted`."""
    return {
        "credits": credits_in_words(amount, unit, currency),
        "expires_on": expires_at.date() if expires_at else None,
        "note": Note(note),
    }


@service("credits")
def write_granted(
    *,
    customer_id: int,
    entry_id: int,
    facts: dict[str, Value],
    actor: Actor,
    now: datetime,
    about: models.Model | None = None,
) -> Message:
    """The message about one grant, once for its entry, in the transaction that grants."""
    return messages.write(
        kind="credits_granted",
        customer_id=customer_id,
        facts=facts,
        cause=f"grant:{entry_id}",
        about=about,
        actor=actor,
        now=now,
    )


@service("credits")
def warn_customers(*, actor: Actor, now: datetime, most: int = 50_000) -> int:
    """Writes to those whose credits end within a week, once for each day and unit; says how many.

    In batches: what a batch notes and what it writes are one transaction: nobody is noted and not told.
    """
    done = 0
    for _ in range(max(1, most // BATCH)):
        with transaction.atomic():
            warned = warn_before_expiry(actor=actor, now=now, limit=BATCH)
            done += _write(warned, actor, now)
        if len(warned) < BATCH:
            break
    add_facts(messages=done)
    return done


def _write(warned: Iterable[Warned], actor: Actor, now: datetime) -> int:
    """Lots that end on the same day are one sentence."""

    def together(each: Warned) -> tuple[object, ...]:
        return each.customer_id, each.unit, each.currency, each.expires_at.date()

    written = 0
    for _, found in groupby(sorted(warned, key=lambda each: (*together(each), each.lot_id)), key=together):
        lots = list(found)
        first = lots[0]
        amount = sum(each.amount for each in lots)
        messages.write(
            kind="credits_expiring",
            customer_id=first.customer_id,
            facts={
                "credits": credits_in_words(amount, first.unit, first.currency),
                "expires_on": first.expires_at.date(),
            },
            cause=f"expiry:{first.lot_id}:{first.expires_at:%Y-%m-%dT%H:%M}",
            actor=actor,
            now=now,
        )
        written += 1
    return written
