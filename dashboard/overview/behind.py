"""The page of the rows behind one part of a figure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import reverse

from billing.customers.models import Customer
from billing.payments.models import Payment
from billing.refunds.models import Refund
from billing.subscriptions.models import Subscription
from dashboard.overview.cards import asked
from dashboard.overview.links import plain, signed, with_query
from dashboard.overview.rows import day_asked
from dashboard.parts.navigation import address
from reports.overview.rows import Rows, rows_of

__all__ = ["LABELS", "rows_page"]

PAGE = 100
#: name of the rows: what they are, as the page's heading says it
LABELS = {
    "mrr": "Subscriptions that make up MRR",
    "captured": "Captured",
    "refunded": "Refunded",
    "failed": "Failed payments",
    "succeeded": "Payments that succeeded",
    "ended": "Payments that succeeded or failed",
    "declined": "Payments that were declined",
    "recovered": "Payments that went through after a decline",
    "refunded_of_captured": "Refunds of what was captured",
    "disputed": "Disputes of payments",
    "received": "Messages of gateways",
    "processed": "Messages that were processed",
}
#: counted are all rows up to the last day, whatever the first
UP_TO = {"mrr"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it is shown; ``machine`` names the states that ``state`` is one of."""

    what: str
    url: str
    text: str
    minor: int = 0
    at: datetime | date | None = None
    machine: str = ""
    state: str = ""
    word: str = ""
    customer: Customer | None = None


def rows_page(request: HttpRequest, name: str) -> dict[str, Any]:
    """A page of the rows on the days that the address asks for, and what all of them come to."""
    what = asked(request)
    first, last = day_asked(request, "from") or what.span.first, day_asked(request, "to") or what.span.last
    found = rows_of(name, what.currency, first, last)
    count, minor = found.total()
    pages = Paginator(_ordered(found), PAGE)
    pages.__dict__["count"] = count
    page = pages.get_page(request.GET.get("page"))
    lines = SHOWN[found.noun](list(page.object_list))
    where = [("currency", what.currency), ("from", first.isoformat()), ("to", last.isoformat())]
    here = reverse("overview_rows", args=[name])
    return {
        "what": what, "name": name, "label": LABELS[name], "lines": lines, "first": first, "last": last,
        "up_to": name in UP_TO, "count": count, "minor": minor, "is_money": bool(found.minor),
        "in_all": found.noun == "event",
        "sum": plain(minor, what.currency) if name in UP_TO else signed(minor, what.currency),
        "is_dated": found.noun != "mrr",
        "newer": with_query(here, [*where, ("page", str(page.number - 1))]) if page.has_previous() else "",
        "older": with_query(here, [*where, ("page", str(page.number + 1))]) if page.has_next() else "",
        "counted_url": with_query(reverse("overview_counted"), what.query),
    }  # fmt: skip


ORDER = {
    "line": ("-day", "-id"), "event": ("-received_at", "-id"),
    "mrr": ("-minor", "customer_id", "subscription_id"),
}  # fmt: skip
WITH = {
    "payment": ("customer__identity",), "refund": ("customer__identity",), "dispute": ("customer__identity",),
    "line": ("customer__identity", "posting__customer__identity", "posting__reverses__customer__identity"),
}  # fmt: skip


def _ordered(found: Rows) -> Any:
    rows = found.rows.order_by(*ORDER.get(found.noun, ("-created_at", "-id")))
    return rows.select_related(*WITH[found.noun]) if found.noun in WITH else rows


def _url(noun: str, key: object) -> str:
    index = address(f"{noun}:index")
    return f"{index}{key}/" if index and key else ""


def _objects(noun: str, machine: str) -> Callable[[list[Any]], list[Line]]:
    def shown(rows: list[Any]) -> list[Line]:
        return [
            Line(row.reference, _url(noun, row.reference), plain(row.amount_minor, row.currency),
                 row.amount_minor, row.created_at, machine, row.state, customer=row.customer)
            for row in rows
        ]  # fmt: skip

    return shown


def _lines(rows: list[Any]) -> list[Line]:
    """Lines of the ledger, each led to the payment or refund that it is about."""
    about = [(row.posting.reverses or row.posting) for row in rows]
    ids: dict[str, set[int]] = {"payment": set(), "refund": set()}
    for posting in about:
        if posting.subject_kind in ids:
            ids[posting.subject_kind].add(posting.subject_id)
    known = {
        ("payment", pk): ("payments", ref)
        for pk, ref in Payment.objects.filter(pk__in=ids["payment"]).values_list("pk", "reference")
    } | {
        ("refund", pk): ("refunds", ref)
        for pk, ref in Refund.objects.filter(pk__in=ids["refund"]).values_list("pk", "reference")
    }
    shown = []
    for row, posting in zip(rows, about, strict=True):
        noun, reference = known.get((posting.subject_kind, posting.subject_id), ("", posting.cause))
        word = "taken back" if row.posting.reverses_id else ""
        shown.append(
            Line(reference, _url(noun, reference) if noun else "", signed(row.amount_minor, row.currency),
                 row.amount_minor, row.day, word=word, customer=row.customer or posting.customer)
        )  # fmt: skip
    return shown


def _events(rows: list[Any]) -> list[Line]:
    return [
        Line(row.type, _url("webhooks", row.pk), "", 0, row.received_at, "webhook", row.state) for row in rows
    ]


def _mrr(rows: list[Any]) -> list[Line]:
    known = Subscription.objects.in_bulk({row["subscription_id"] for row in rows} - {None})
    customers = Customer.objects.select_related("identity").in_bulk({row["customer_id"] for row in rows})
    shown = []
    for row in rows:
        kept = known.get(row["subscription_id"])
        of = customers[row["customer_id"]]
        shown.append(
            Line(kept.reference if kept else of.reference,
                 _url("subscriptions", kept.reference) if kept else _url("customers", of.reference),
                 plain(row["minor"], row["currency"]), row["minor"],
                 None, "subscription" if kept else "", kept.state if kept else "", customer=of)
        )  # fmt: skip
    return shown


SHOWN: dict[str, Callable[[list[Any]], list[Line]]] = {
    "payment": _objects("payments", "payment"),
    "refund": _objects("refunds", "refund"),
    "dispute": _objects("disputes", "dispute"),
    "line": _lines,
    "event": _events,
    "mrr": _mrr,
}
