"""What an entry's page says: the entry, the rows that changed with it, and all of its request."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from billing.audit.queries import Change, changes_in, changes_of
from billing.history.models import HistoryEntry
from dashboard.actions.related import link, list_link
from dashboard.audit import nouns, words
from dashboard.audit.screen import money
from dashboard.audit.values import shown, value_of
from dashboard.lists.names import name_of
from dashboard.parts.entries import Fact, Moment

MOST = 40


def entry_by_pk(pk: int) -> HistoryEntry | None:
    rows = HistoryEntry.objects.select_related("customer__identity").annotate(called=nouns.called())
    return rows.filter(pk=pk).first()


def context(entry: HistoryEntry, user: Any) -> dict[str, Any]:
    """Everything the page shows, in a fixed number of queries."""
    together = same_request(entry)
    xids = {entry.xid, *(each.xid for each in together)}
    subject = (entry.subject_kind, entry.subject_id)
    named = changes_of({subject, *((each.subject_kind, each.subject_id) for each in together)}, xids)
    # A machine's transaction may hold thousands of rows that have nothing to do with each other.
    others = changes_in(xids) if entry.request_id else []
    changes = list({(each.table, each.id): each for each in [*named, *others]}.values())
    own = [each for each in changes if (each.noun, each.row_id) == subject]
    rest = [each for each in changes if (each.noun, each.row_id) != subject]
    return {
        "entry": entry,
        "title": words.sentence(entry),
        "facts": facts(entry, user),
        "reason": entry.reason,
        "told": told(entry),
        "own": [shown(each) for each in own],
        "rest": [shown(each) for each in rest[:MOST]],
        "more": max(0, len(rest) - MOST),
        "sessions": sorted({each.session for each in changes if each.session}),
        "entries": [
            Moment(
                words.sentence(each),
                each.at,
                who=each.actor_name,
                reason=each.reason if each.pk != entry.pk else "",
                url=reverse("audit:show", args=[each.pk]) if each.pk != entry.pk else "",
            )
            for each in together
        ],
        "request_url": list_link("audit:index", request=entry.request_id) if entry.request_id else "",
        "object_url": list_link("audit:index", object=f"{entry.subject_kind}:{entry.subject_id}"),
        "actions": [],
    }


def same_request(entry: HistoryEntry) -> list[HistoryEntry]:
    """What was written in the same request; without one, about the same customer in the same transaction."""
    if entry.request_id:
        same = Q(request_id=entry.request_id, request_id__gt="")
    else:
        same = Q(xid=entry.xid, customer_id=entry.customer_id, at=entry.at)
    return list(HistoryEntry.objects.filter(same).order_by("id")[:MOST])


def facts(entry: HistoryEntry, user: Any) -> list[Fact]:
    name = entry.called or ""  # type: ignore[attr-defined]
    rows = [
        Fact("When", entry.at),
        Fact("Who", entry.actor_name, note=entry.actor_ref),
        Fact(nouns.noun(entry.subject_kind), name, url=nouns.address(entry.subject_kind, name)),
    ]
    if entry.customer is not None and entry.subject_kind != "customer":
        page = link("customers:show", entry.customer.reference, user, "customers.view")
        rows.append(Fact("Customer", name_of(entry.customer)[0], url=page))
    if (amount := money(entry)) is not None:
        rows.append(Fact("Amount", amount))
    rows.append(
        Fact("Request", entry.request_id or None, why="A machine did it by itself, outside of any request.")
    )
    return rows


def told(entry: HistoryEntry) -> list[Fact]:
    """What the entry itself keeps beside the rows."""
    return [
        Fact(name.replace("_", " ").capitalize(), value_of(entry.subject_kind, name, value, entry.facts))
        for name, value in entry.facts.items()
        if value not in (None, "", [], {})
    ]


def outside_row(change: Change) -> dict[str, Any]:
    user, pid, application = change.session_parts
    return {
        "shown": shown(change),
        "user": user,
        "pid": pid,
        "application": application,
        "columns": ", ".join(name.replace("_", " ") for name, _, _ in change.fields)[:120],
        "url": reverse("audit:change", args=[change.table.removeprefix("billing_"), change.id]),
    }
