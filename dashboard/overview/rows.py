"""The rows behind the MRR chart."""

from datetime import date
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse

from billing.subscriptions.models import MovementKind, MrrMovement
from dashboard.overview.cards import asked
from dashboard.overview.links import signed, with_query
from dashboard.parts.navigation import address

PAGE = 100


def movement_page(request: HttpRequest) -> dict[str, Any]:
    """A page of movements by currency, kind and days; `before` is the last row of the page before."""
    what = asked(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in MovementKind.values else ""
    first, last = day_asked(request, "from") or what.span.first, day_asked(request, "to") or what.span.last
    rows = MrrMovement.objects.filter(currency=what.currency, day__gte=first, day__lte=last)
    if kind:
        rows = rows.filter(kind=kind)
    total = rows.aggregate(count=Count("id"), minor=Sum("amount_minor"))
    page = rows.select_related("customer__identity", "subscription").order_by("-day", "-id")
    if before := _before(request):
        page = page.filter(Q(day__lt=before[0]) | Q(day=before[0], id__lt=before[1]))
    shown = list(page[: PAGE + 1])
    older = ""
    where = [
        ("currency", what.currency),
        ("kind", kind),
        ("from", first.isoformat()),
        ("to", last.isoformat()),
    ]
    if len(shown) > PAGE:
        end = shown[PAGE - 1]
        older = with_query(reverse("overview_movements"), [*where, ("before", f"{end.day}.{end.pk}")])
    return {
        "what": what, "kind": kind, "label": MovementKind(kind).label if kind else "All movements",
        "first": first, "last": last,
        "rows": [(row, signed(row.amount_minor, row.currency)) for row in shown[:PAGE]],
        "count": total["count"], "sum": signed(total["minor"] or 0, what.currency), "older": older,
        "customers_url": address("customers:index"), "subscriptions_url": address("subscriptions:index"),
    }  # fmt: skip


def day_asked(request: HttpRequest, name: str) -> date | None:
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


def _before(request: HttpRequest) -> tuple[date, int] | None:
    day, _, row = request.GET.get("before", "").partition(".")
    try:
        return date.fromisoformat(day), int(row)
    except ValueError:
        return None
