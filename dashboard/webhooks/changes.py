"""What an event changed, as rows: each with its page, what it was before and after, and what was posted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from billing.history.models import HistoryEntry
from billing.money import Money, format_money, is_currency
from dashboard.actions.timeline import moments
from dashboard.parts.entries import Moment
from dashboard.parts.formatting import full_moment
from dashboard.parts.states import STATES
from dashboard.parts.viewer import current_locale
from dashboard.queues.subjects import KINDS, name_of_subject, pages_of, subjects_of


@dataclass(frozen=True, slots=True)
class Was:
    """One field of a row: before and after, in words."""

    field: str
    before: str
    after: str


@dataclass(slots=True)
class Changed:
    """One row that was touched: what is told of it, and its fields before and after."""

    label: str
    url: str
    icon: str = "circle-dot"
    whose: tuple[str, str] = ("", "")
    told: list[Moment] = field(default_factory=list)
    fields: list[Was] = field(default_factory=list)


def changed_rows(entries: Iterable[HistoryEntry], user: Any) -> list[Changed]:
    """The rows that these entries are about, in the order in which they were touched; two queries for each
    kind of row."""
    found = list(entries)
    keys = list(dict.fromkeys((each.subject_kind, each.subject_id) for each in found))
    known = [key for key in keys if key[0] in KINDS]
    subjects, pages = subjects_of(known, user), pages_of(known, user)
    rows = {key: _row(key, subjects.get(key), pages.get(key, "")) for key in keys}
    for entry, moment in zip(found, moments(found), strict=True):
        row = rows[entry.subject_kind, entry.subject_id]
        row.told.append(moment)
        currency = getattr(subjects.get((entry.subject_kind, entry.subject_id)), "currency", entry.currency)
        row.fields += fields_of(entry, currency)
    return list(rows.values())


def _row(key: tuple[str, int], subject: Any, url: str) -> Changed:
    kind = KINDS.get(key[0])
    if kind is None or subject is None:
        return Changed(noun(key[0]), "")
    return Changed(kind.label(subject), url, kind.icon, name_of_subject(subject))


def noun(kind: str) -> str:
    """Credit note · Payment method · Webhook event."""
    words = {
        "creditnote": "Credit note",
        "paymentmethod": "Payment method",
        "paymentattempt": "Payment attempt",
        "subscriptionitem": "Subscription item",
        "webhookevent": "Webhook event",
        "invoiceline": "Invoice line",
        "postingline": "Posting line",
    }
    return words.get(kind, kind.replace("_", " ").capitalize())


def fields_of(entry: HistoryEntry, currency: str) -> list[Was]:
    """Before and after of each field that an entry tells of."""
    rows = []
    if entry.kind == "state":
        rows.append(Was("State", state_word(entry.subject_kind, entry.from_state), state_word(
            entry.subject_kind, entry.to_state)))  # fmt: skip
    changed = entry.facts.get("changed") if isinstance(entry.facts, Mapping) else None
    for name, pair in (changed or {}).items() if isinstance(changed, Mapping) else ():
        if isinstance(pair, list) and len(pair) == 2:
            rows.append(was(name, pair[0], pair[1], currency))
        else:
            rows.append(Was(field_word(name), "not kept here", "changed"))
    return rows


def was(name: str, before: Any, after: Any, currency: str = "") -> Was:
    """A column's name and its two values in words."""
    return Was(field_word(name), value_word(name, before, currency), value_word(name, after, currency))


def state_word(kind: str, state: str) -> str:
    machine = {"webhookevent": "webhook"}.get(kind, kind)
    known = STATES.get(machine, {}).get(state)
    return known.label if known else state.replace("_", " ")


def field_word(name: str) -> str:
    """Refunded · Current period end."""
    bare = name.removesuffix("_minor").removesuffix("_id").removesuffix("_at")
    return bare.replace("_", " ").capitalize()


def value_word(name: str, value: Any, currency: str = "") -> str:
    """A stored value as people read it: money with its currency, moments in the viewer's zone."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith("_minor") and is_currency(currency):
        return format_money(Money(value, currency), current_locale())
    moment = value if isinstance(value, datetime) else None
    if isinstance(value, str) and name.endswith(("_at", "_start", "_end", "_as_of")):
        moment = parse_datetime(value)
    if moment is not None and moment.tzinfo is not None:
        return full_moment(timezone.localtime(moment))
    return str(value)
