"""What an event changed, as rows: each with its page, what it was before and after, and what was posted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from billing.money import Money, format_money, is_currency
from billing.webhooks.changes import Change, Field
from dashboard.access import may
from dashboard.actions.timeline import moments
from dashboard.parts.entries import Moment
from dashboard.parts.formatting import full_moment
from dashboard.parts.states import STATES
from dashboard.parts.viewer import current_locale
from dashboard.queues.subjects import KINDS, name_of_subject


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
    is_new: bool = False


def changed_rows(changes: Sequence[Change], user: Any, *, trial: bool = False) -> list[Changed]:
    """The rows that these changes are about, in the order in which they were touched. On ``trial`` the rows
    that would be made have no page yet."""
    rows: dict[tuple[str, int], Changed] = {}
    entries = [each.entry for each in changes]
    for change, moment in zip(changes, moments(entries), strict=True):
        key = (change.entry.subject_kind, change.entry.subject_id)
        row = rows.get(key)
        if row is None:
            row = rows[key] = _row(change, user, trial=trial)
        row.told.append(moment)
        currency = getattr(change.about, "currency", "") or change.entry.currency
        row.fields += [_was(each, change.entry.subject_kind, currency) for each in change.fields]
    return list(rows.values())


def _row(change: Change, user: Any, *, trial: bool) -> Changed:
    name = change.entry.subject_kind
    kind = KINDS.get(name)
    if kind is None or change.about is None:
        return Changed(noun(name), "", is_new=change.is_new)
    seen = may(user, kind.permission)
    url = kind.url(change.about) if seen and not (trial and change.is_new) else ""
    whose = name_of_subject(change.about) if seen else ("", "")
    return Changed(kind.label(change.about), url, kind.icon, whose, is_new=change.is_new)


def _was(each: Field, kind: str, currency: str) -> Was:
    if each.name == "state":
        return Was("State", state_word(kind, each.before), state_word(kind, each.after))
    if each.before is None and each.after is None:
        return Was(field_word(each.name), "not kept here", "changed")
    before = value_word(each.name, each.before, currency)
    return Was(field_word(each.name), before, value_word(each.name, each.after, currency))


def noun(kind: str) -> str:
    """Credit note · Payment method · Webhook event."""
    words = {
        "creditnote": "Credit note",
        "paymentmethod": "Payment method",
        "cardlink": "Link for a card",
        "checkoutsession": "Checkout",
        "paymentattempt": "Payment attempt",
        "subscriptionitem": "Subscription item",
        "webhookevent": "Webhook event",
        "invoiceline": "Invoice line",
        "postingline": "Posting line",
    }
    return words.get(kind, kind.replace("_", " ").capitalize())


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
