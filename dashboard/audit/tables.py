"""The columns of the trail and of the reads."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html

from billing.audit.models import AccessRead
from billing.history.models import HistoryEntry
from dashboard.audit import nouns, words
from dashboard.lists import columns
from dashboard.lists.names import name_of
from dashboard.parts.templatetags import desk


def address(entry: HistoryEntry) -> str:
    return reverse("audit:show", args=[entry.pk])


def read_address(read: AccessRead) -> str:
    return reverse("customers:show", args=[read.customer.reference]) if read.customer_id else ""  # type: ignore[union-attr]


def said(entry: HistoryEntry) -> Any:
    """What happened, leading to the entry's page."""
    return format_html('<a class="strong" href="{}">{}</a>', address(entry), words.sentence(entry))


def about(entry: Any) -> Any:
    """The object: its kind, and its name with a link to its page."""
    name = entry.called or ""
    ref = columns.part("ref", desk.ref(name, nouns.address(entry.subject_kind, name)))
    return format_html("{} {}", nouns.noun(entry.subject_kind), ref)


def whose(row: Any) -> Any:
    if row.customer_id is None:
        return ""
    text, language = name_of(row.customer)
    return columns.part("name", {"text": text, "language": language, "url": None})


class Said(columns.Made):
    """Takes the room that is left."""

    fill = True


class AuditTable(columns.ListTable):
    entry = columns.Reference("Entry", accessor="pk", address=address, place="")
    said = Said("What happened", said, place="m1")
    about = columns.Made("Object", about, place="m3")
    customer = columns.Made("Customer", whose, wide=True)
    who = columns.ListColumn("Who", accessor="actor_name", place="m4")
    reason = columns.ListColumn("Reason", wide=True, dim=True, shown=False)
    request = columns.ListColumn("Request", accessor="request_id", wide=True, dim=True, shown=False)
    at = columns.Moment("When", sort="at", place="m2")


class ReadTable(columns.ListTable):
    id = columns.Reference("Read", accessor="pk", address=read_address, place="")
    who = columns.ListColumn("Who", accessor="member_name", place="m1")
    kind = columns.ListColumn("What", accessor="get_kind_display", place="m3")
    customer = columns.Made("Customer or list", lambda read: whose(read) or listed(read), place="m4")
    request = columns.ListColumn("Request", accessor="request_id", wide=True, dim=True)
    at = columns.Moment("When", sort="at", place="m2")


def listed(read: AccessRead) -> str:
    """The list that was exported, and what it was narrowed by."""
    name = f"All of {read.screen}" if not read.filters else read.screen.capitalize()
    return f"{name} by {read.filters}" if read.filters else name
