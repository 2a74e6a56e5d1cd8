"""What an event changed: history entries with the rows they are about, and the postings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model

from billing.history.models import HistoryEntry
from billing.ledger.models import PostingLine
from billing.webhooks import queries
from billing.webhooks.models import WebhookEvent


@dataclass(frozen=True, slots=True)
class Field:
    """A column with what stood in it and what stands there now; both None where its text is not kept."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the history; ``about`` is the row as it is now, or would be, None where it is gone."""

    entry: HistoryEntry
    about: Model | None
    fields: tuple[Field, ...]

    @property
    def is_new(self) -> bool:
        """Whether the row was made here."""
        return self.entry.kind == "created"


def postings_of(event: WebhookEvent, entries: Sequence[HistoryEntry]) -> list[PostingLine]:
    """The lines that an event posted beside these entries, with their postings."""
    lines = PostingLine.objects.filter(
        xid__in={each.xid for each in entries}, posting__request_id=queries.request_id_of(event)
    )
    return list(lines.select_related("posting").order_by("id")[: queries.MOST])


def with_rows(entries: Sequence[HistoryEntry]) -> list[Change]:
    """Entries with the rows that they are about."""
    rows: dict[tuple[str, int], Model] = {}
    for kind in sorted({each.subject_kind for each in entries}):
        model: Any = apps.get_model("billing", kind)
        ids = {each.subject_id for each in entries if each.subject_kind == kind}
        found = model._default_manager.filter(pk__in=ids)
        if any(field.name == "customer" for field in model._meta.concrete_fields):
            found = found.select_related("customer__identity")
        rows |= {(kind, row.pk): row for row in found}
    return [Change(each, rows.get((each.subject_kind, each.subject_id)), _fields(each)) for each in entries]


def _fields(entry: HistoryEntry) -> tuple[Field, ...]:
    state = (Field("state", entry.from_state, entry.to_state),) if entry.from_state else ()
    told = entry.facts.get("changed", {})
    others = (
        Field(name, *(pair if isinstance(pair, list) and len(pair) == 2 else (None, None)))
        for name, pair in (told.items() if isinstance(told, dict) else ())
    )
    return (*state, *others)
