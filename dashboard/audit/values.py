"""Values of audit rows as people read them: money as money, states as states, moments as moments."""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime

from billing.audit.queries import Change
from billing.money import Money
from dashboard.audit.nouns import noun
from dashboard.parts.states import STATES

OPERATIONS = {"insert": "made", "update": "changed", "delete": "deleted"}
MACHINES = {"webhookevent": "webhook"}
#: A value of a closed list, such as original_payment.
WORD = re.compile(r"[a-z]+(_[a-z]+)+")
#: Of no use to a reader: the row's own number stands in the heading.
QUIET = ("id",)


@dataclass(frozen=True, slots=True)
class Difference:
    """One column before and after, ready for `{% show %}`."""

    label: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Shown:
    """A changed row, as its card says it."""

    change: Change
    title: str
    operation: str
    differences: list[Difference]


def shown(change: Change) -> Shown:
    row = change.after or change.before or {}
    name = row.get("reference") or row.get("slug") or f"#{change.row_id}"
    differences = [
        Difference(
            label_of(column), value_of(change.noun, column, was, row), value_of(change.noun, column, now, row)
        )
        for column, was, now in change.fields
        if column not in QUIET and not (was in (None, "", [], {}) and now in (None, "", [], {}))
    ]
    return Shown(change, f"{noun(change.noun)} {name}", OPERATIONS.get(change.operation, ""), differences)


def label_of(column: str) -> str:
    """payment_id reads "Payment", amount_minor "Amount", succeeded_at "Succeeded"."""
    for ending in ("_minor", "_id", "_at", "_on"):
        if column.endswith(ending) and column != ending:
            column = column.removesuffix(ending)
            break
    return column.replace("_", " ").capitalize()


def value_of(noun: str, column: str, value: Any, row: dict[str, Any]) -> Any:
    """What `{% show %}` takes; empty text where there is nothing."""
    if value is None or value in ("", [], {}):
        return ""
    if column.endswith("_minor") and isinstance(value, int) and row.get("currency"):
        return Money(value, str(row["currency"]))
    if column == "state":
        return STATES.get(MACHINES.get(noun, noun), {}).get(str(value)) or str(value).replace("_", " ")
    if column.endswith(("_at", "_as_of")) and isinstance(value, str):
        return parse_datetime(value) or value
    if column.endswith("_on") and isinstance(value, str):
        return parse_date(value) or value
    if column.endswith("_id") and isinstance(value, int):
        return f"#{value}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {each}" for name, each in value.items())
    if isinstance(value, int):
        return value
    return str(value).replace("_", " ") if WORD.fullmatch(str(value)) else str(value)
