"""Recording one event: one call of the database's function, under the lock of the customer's stream."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from billing.catalog.terms import QuotaTerms
from billing.credits.earning import earn
from billing.credits.told import as_json
from billing.errors import Conflict, InvalidInput
from billing.history import context
from billing.history.actors import Actor
from billing.usage import rules

__all__ = ["LONGEST_KEY", "Asked", "Wrote", "write"]

RECORD = "SELECT * FROM billing_usage_record(%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)"
LONGEST_KEY = 120
LONGEST_VALUE = 400

type PeriodOf = Callable[[datetime], datetime | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be recorded. ``key`` names this one event; ``value`` is what a meter of different things
    counts, such as a user of the customer's: only a digest of it is kept."""

    customer_id: int
    quantity: Decimal | int
    key: str
    at: datetime
    value: str = ""


@dataclass(frozen=True, slots=True)
class Wrote:
    """What became of it. ``outcome`` is *done*, *repeated*, or nothing was written: *over* a hard quota, or
    *short* of credits. Units are those of the stretch that the quota is for, ``paid`` in credits."""

    outcome: str
    event_id: int | None
    before: Decimal
    after: Decimal
    paid: int
    available: int
    counted_at: datetime


def write(
    asked: Asked, terms: QuotaTerms, *, period_of: PeriodOf, actor: Actor, now: datetime, bounded: bool = True
) -> Wrote:
    """Records the event, within its quota when ``bounded``.

    ``period_of`` says when the billing period of a moment began, None where there is none. Raises
    `InvalidInput` for what cannot be taken, `Conflict` for a key used for something else.
    """
    quantity, told = _told(asked, terms, actor, now)
    counts_at = asked.at
    found = _ask(asked, terms, quantity, counts_at, period_of, told, now, bounded)
    if found[0] == "closed":
        counts_at = found[2]
        found = _ask(asked, terms, quantity, counts_at, period_of, told, now, bounded)
    outcome, event, _, before, after, paid, available, *_ = found
    if outcome == "other_content":
        raise Conflict(
            "key_used_for_another",
            "Key: it was used for another event of this customer and meter. Each event needs one of its own.",
            field="key",
            facts={"meter": terms.meter},
        )
    return Wrote(outcome, event, before, after, paid or 0, available or 0, counts_at)


def _told(asked: Asked, terms: QuotaTerms, actor: Actor, now: datetime) -> tuple[Decimal, dict[str, Any]]:
    quantity = rules.check_quantity(asked.quantity, may_be_zero=terms.aggregation in ("last", "max"))
    rules.check_moment(asked.at, now)
    if not asked.key.strip() or len(asked.key) > LONGEST_KEY or "\0" in asked.key:
        raise InvalidInput(
            "key_malformed", f"Key: 1 to {LONGEST_KEY} characters that name this one event.", field="key"
        )
    if len(asked.value) > LONGEST_VALUE:
        raise InvalidInput("value_too_long", f"Value: at most {LONGEST_VALUE} characters.", field="value")
    if terms.aggregation == "unique" and not asked.value:
        raise InvalidInput(
            "value_missing",
            f"Value: {terms.meter} counts different values; say which one this is.",
            field="value",
        )
    content = f"{quantity}|{asked.at.astimezone(UTC).isoformat()}|{asked.value}"
    acting = context.current()
    return quantity, {
        "key": asked.key,
        "digest": _digest(content),
        "credit_key": f"usage:{asked.customer_id}:{terms.meter_id}:{asked.key}",
        "reason": "",
        "actor_kind": actor.kind,
        "actor_ref": actor.ref,
        "actor_name": actor.name,
        "request_id": acting.request_id if acting else "",
        "subject_kind": "meter",
        "subject_id": terms.meter_id,
    }


def _ask(
    asked: Asked,
    terms: QuotaTerms,
    quantity: Decimal,
    counts_at: datetime,
    period_of: PeriodOf,
    told: dict[str, Any],
    now: datetime,
    bounded: bool,
) -> tuple[Any, ...]:
    limit = terms.limit if bounded else None
    said = [
        asked.customer_id,
        terms.meter_id,
        terms.aggregation,
        terms.rounding,
        quantity,
        # With the customer in it, equal values of two customers do not look alike.
        _digest(f"{asked.customer_id}:{asked.value}") if asked.value else "",
        asked.at,
        counts_at,
        period_of(counts_at),
        now,
        as_json(told),
        terms.per,
        limit,
        terms.past,
        terms.credit_unit,
        terms.credits_each or 0,
    ]
    found = _call([*said, False])
    if found[0] == "sold":
        with transaction.atomic():
            found = _call([*said, True])
            if found[0] == "done" and found[7] is not None:
                earn(
                    dict(zip(found[8], found[9], strict=True)),
                    entry_id=found[7],
                    actor=actor_of(told),
                    now=now,
                )
    return found


def actor_of(told: dict[str, Any]) -> Actor:
    return Actor(told["actor_kind"], told["actor_ref"], told["actor_name"])


def _call(said: list[Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(RECORD, said)
        return cursor.fetchone()


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:32]
