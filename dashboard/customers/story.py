"""What happened to a customer and to everything that is theirs, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from billing.customers.models import Customer, CustomerNote
from billing.history.models import HistoryEntry
from dashboard.actions.timeline import Said, moments, register
from dashboard.parts.entries import Moment
from dashboard.parts.formatting import grouped
from dashboard.queues.subjects import pages_of

SHORT, LONG = 12, 50
COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Story:
    """Moments newest first, and where the earlier ones are; `earlier` is empty when there are none."""

    entries: list[Moment]
    earlier: str
    earlier_words: str


def story_of(customer: Customer, user: Any, *, before: int | None = None, size: int = SHORT) -> Story:
    """The entries before one of them, or the newest: five queries and one for each kind of object told of."""
    told = HistoryEntry.objects.filter(customer=customer)
    rows = list(_before(told, before).order_by("-at", "-id")[:size])
    told_moments = [
        replace(moment, url=url, reason=reason)
        for moment, url, reason in zip(
            moments(rows), _links(rows, user), _reasons(customer, rows), strict=True
        )
    ]
    left = _before(told, rows[-1].pk).values("pk")[: COUNTED + 1].count() if len(rows) == size else 0
    if not left:
        return Story(told_moments, "", "")
    address = reverse("customers:story", args=[customer.reference])
    number = grouped(left) if left <= COUNTED else f"more than {grouped(COUNTED)}"
    entries = "entry" if left == 1 else "entries"
    return Story(told_moments, f"{address}?before={rows[-1].pk}", f"Earlier: {number} {entries}")


def _before(told: QuerySet[HistoryEntry], key: int | None) -> QuerySet[HistoryEntry]:
    """Those that come after the entry of this key on the page; a key of somebody else's gives the newest."""
    if key is None:
        return told
    at = told.filter(pk=key).values_list("at", flat=True).first()
    return told.filter(Q(at__lt=at) | Q(at=at, pk__lt=key)) if at else told


def _links(rows: Sequence[HistoryEntry], user: Any) -> list[str]:
    """The page of each entry's subject; none for the customer itself, on whose page one is."""
    subjects = [(row.subject_kind, row.subject_id) for row in rows if row.subject_kind != "customer"]
    pages = pages_of(subjects, user)
    return [pages.get((row.subject_kind, row.subject_id), "") for row in rows]


def _reasons(customer: Customer, rows: Sequence[HistoryEntry]) -> list[str]:
    """Why, in the words of whoever did it; a note tells its text."""
    silent = [row.at for row in rows if row.kind == "note" and not row.reason]
    notes = CustomerNote.objects.filter(customer=customer, created_at__in=silent) if silent else ()
    bodies = {note.created_at: note.body for note in notes}
    return [row.reason or (bodies.get(row.at, "") if row.kind == "note" else "") for row in rows]


def _tagged(entry: HistoryEntry) -> Said:
    added, removed = entry.facts.get("added") or [], entry.facts.get("removed") or []
    parts = [f"Tagged {', '.join(added)}"] if added else []
    if removed:
        parts.append(f"{'took' if added else 'Took'} off the tag {', '.join(removed)}")
    return Said("; ".join(parts) or "Tags changed", "tag")


def _created(entry: HistoryEntry) -> Said:
    via = entry.facts.get("via", "")
    return Said(
        f"Became a customer by {via.replace('_', ' ')}" if via else "Became a customer", "circle-plus"
    )


def _method_added(entry: HistoryEntry) -> Said:
    brand, last4 = entry.facts.get("brand", ""), entry.facts.get("last4", "")
    card = f": {brand.capitalize()} ···· {last4}" if last4 else ""
    return Said(f"Payment method added{card}", "credit-card")


def _default(entry: HistoryEntry) -> Said:
    words = "Charged by this method from now on"
    return Said(words if entry.facts.get("is_default") else "Charged by another method now", "credit-card")


def _card_left(entry: HistoryEntry) -> Said:
    last4 = entry.facts.get("last4", "")
    card = f": {entry.facts.get('brand', '').capitalize()} ···· {last4}" if last4 else ""
    return Said(f"Left a new card{card}", "credit-card", "ok")


register("paymentmethod", "created", lambda entry: Said("Payment method on file", "credit-card"))
register("paymentmethod", "default", _default)
register("cardlink", "created", lambda entry: Said("Asked for a new card, with a link", "mail"))
register("cardlink", "page_opened", lambda entry: Said("Began to leave a new card", "link"))
register("cardlink", "card_left", _card_left)
register("customer", "known_at_gateway", lambda entry: Said("Made known to the gateway", "link"))
register("customer", "tagged", _tagged)
register("customer", "created", _created)
register("customer", "payment_method_added", _method_added)
register("customer", "identity", lambda entry: Said("Name or address changed", "id"))
