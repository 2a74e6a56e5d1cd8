"""What every movement of credits carries, and what it answers."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from billing.credits.models import CreditUnit
from billing.errors import Conflict, InvalidInput
from billing.history import context
from billing.history.actors import Actor
from billing.logs import note_odd

__all__ = ["LONGEST_REASON", "MOST", "Moved", "Short", "check_amount", "check_unit", "posting_key", "told"]

LONGEST_REASON = 10_000
#: Far above any balance, far below what a 64-bit sum of balances could not hold.
MOST = 10**15


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement that stands in the ledger. `parts` are (lot id, amount) pairs; ``repeated`` when its key was
    used before with the same content, and nothing was written this time."""

    entry_id: int
    account_id: int
    amount: int
    balance_after: int
    parts: tuple[tuple[int, int], ...]
    repeated: bool = False
    lot_id: int | None = None
    shortfall: int = 0


@dataclass(frozen=True, slots=True)
class Short:
    """There was not enough and nothing was written: what was asked for, what there is, what is missing.

    ``next_expiry`` is when the next of what there is expires, ``next_arrival`` when the subscription that
    granted last begins its next period; each None where it is not known.
    """

    wanted: int
    available: int
    next_expiry: datetime | None = None
    next_arrival: datetime | None = None

    @property
    def missing(self) -> int:
        return self.wanted - self.available


def told(
    *,
    key: str,
    actor: Actor,
    reason: str = "",
    subject: models.Model | tuple[str, int] | None = None,
    content: Sequence[object] = (),
    **more: Any,
) -> dict[str, Any]:
    """Who, why, for what and under which key. ``content`` is what the key stands for: the same key with
    other content is refused."""
    if not key.strip() or len(key) > 200:
        raise InvalidInput("key_malformed", "Key: up to 200 characters that name this one movement.")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(
            "reason_too_long",
            f"Reason: at most {LONGEST_REASON:,} characters, this has {len(reason):,}.",
            field="reason",
        )
    acting = context.current()
    about: tuple[str, int | None] = ("", None)
    if isinstance(subject, tuple):
        about = subject
    elif subject is not None:
        about = (subject._meta.model_name or "", subject.pk)
    return {
        "key": key,
        "digest": hashlib.sha256(repr((content, about)).encode()).hexdigest()[:32],
        "reason": reason,
        "actor_kind": actor.kind,
        "actor_ref": actor.ref,
        "actor_name": actor.name,
        "request_id": acting.request_id if acting else "",
        "subject_kind": about[0],
        "subject_id": about[1],
        **more,
    }


def posting_key(cause: str, currency: str) -> str:
    """The key of the entry that goes with a posting; the database asks for it when the posting is written."""
    return f"posting:{cause}:{currency}"


def as_json(told: dict[str, Any]) -> str:
    return json.dumps(told, default=str)


def check_amount(amount: int, *, field: str = "amount") -> int:
    """Raises `InvalidInput` unless it is a whole number of at least one."""
    if isinstance(amount, bool) or not isinstance(amount, int) or not 0 < amount <= MOST:
        raise InvalidInput(
            "amount_malformed", f"Amount: a whole number from 1 to {MOST:,}, not {amount}.", field=field
        )
    return amount


def check_unit(unit: str, currency: str = "") -> str:
    """Raises `InvalidInput` for a unit that nobody counts in, and leaves a line in the log."""
    if unit not in CreditUnit.values:
        note_odd("credits.unknown_unit", unit=unit)
        raise InvalidInput(
            "unit_unknown", f"Unit: {unit!r} is none of {', '.join(CreditUnit.values)}.", field="unit"
        )
    if (unit == CreditUnit.MONEY) != bool(currency):
        raise InvalidInput(
            "unit_and_currency_disagree",
            "Currency: store credit has one, tokens and AI requests have none.",
            field="currency",
        )
    return unit


def other_content(key: str) -> Conflict:
    return Conflict(
        "key_used_for_another",
        "This form was used for another movement of credits: open it anew and try again.",
        facts={"key": key},
    )
