"""The overview's cards: each is shown on its own, and one that fails says so in its own place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from billing.payments.queries import currencies_in_use
from dashboard.overview.links import plain, signed, with_query
from dashboard.overview.needs import needs
from reports.overview.charts import NAMES, mrr_chart
from reports.overview.figures import Figure, Part
from reports.overview.health import health
from reports.overview.mrr import KINDS, month_ends, movements
from reports.overview.spans import SPANS, Span, span_named

__all__ = ["TITLES", "Asked", "asked", "card_html", "part_url", "tile_url"]

log = structlog.get_logger("dashboard.overview")

TITLES = {"needs": "Needs a person now", "health": "Health", "mrr": "MRR movements"}
#: what a part of a page may die of without taking the page along
BREAKS = (
    DatabaseError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, OSError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; whatever it does not know reads as the default."""

    currency: str
    span: Span
    as_of: datetime
    as_table: bool
    currencies: tuple[str, ...]

    @property
    def query(self) -> list[tuple[str, str]]:
        return [("currency", self.currency), ("period", self.span.key)]

    def url(self, **changed: str) -> str:
        """The overview with something changed."""
        values = dict(self.query) | ({"table": "mrr"} if self.as_table else {}) | changed
        return with_query(reverse("overview"), [(k, v) for k, v in values.items() if v])


def asked(request: HttpRequest) -> Asked:
    now = timezone.now()
    currencies = tuple(currencies_in_use()) or (settings.REPORTING_CURRENCY,)
    wanted = request.GET.get("currency", "")
    if wanted not in currencies:
        own = settings.REPORTING_CURRENCY
        wanted = own if own in currencies else currencies[0]
    span = span_named(request.GET.get("period", ""), now.astimezone(UTC).date())
    return Asked(wanted, span, now, request.GET.get("table") == "mrr", currencies)


def card_html(request: HttpRequest, name: str, what: Asked) -> SafeString:
    """The card, or the same card saying that it could not be shown, with a way to try again."""
    try:
        with transaction.atomic():
            return render_to_string(f"dashboard/overview/_{name}.html", CARDS[name](request, what), request)
    except BREAKS as error:
        code = getattr(request, "request_id", "")
        log.exception("card_broken", card=name, error=type(error).__name__)
        again = with_query(reverse("overview_card", args=[name]), what.query)
        context = {"name": name, "title": TITLES[name], "code": code, "retry": again}
        return render_to_string("dashboard/overview/_broken.html", context, request)


def needs_card(request: HttpRequest, what: Asked) -> dict[str, Any]:
    rows = needs(request.user, what.as_of)
    return {"needs": rows, "items": sum(need.count for need in rows)}


def health_card(request: HttpRequest, what: Asked) -> dict[str, Any]:
    figures = health(what.span, what.currency, as_of=what.as_of)
    return {
        "tiles": [(figure, money_text(figure), tile_url(figure, what)) for figure in figures],
        "what": what,
        "counted_url": with_query(reverse("overview_counted"), what.query),
    }


def money_text(figure: Figure) -> str:
    """The amount of a figure that is money, without its currency."""
    if figure.unit != "money" or figure.value is None:
        return ""
    return plain(int(figure.value), figure.currency)


def tile_url(figure: Figure, what: Asked) -> str:
    """A sum of one kind of rows opens into them; what has several parts opens into its parts."""
    if len(figure.parts) == 1:
        return part_url(figure.parts[0], what)
    return f"{with_query(reverse('overview_counted'), what.query)}#{figure.key}"


def part_url(part: Part, what: Asked) -> str:
    """The rows that a part is the sum of."""
    days = [("from", what.span.first.isoformat()), ("to", what.span.last.isoformat())]
    return with_query(reverse("overview_rows", args=[part.rows]), [("currency", what.currency), *days])


def mrr_card(request: HttpRequest, what: Asked) -> dict[str, Any]:
    months, span = movements(what.span, what.currency)

    def rows(kind: str = "", first: str = "", last: str = "") -> str:
        where = [("currency", what.currency), ("kind", kind), ("from", first or span.first.isoformat()),
                 ("to", last or span.last.isoformat())]  # fmt: skip
        return with_query(reverse("overview_movements"), [(k, v) for k, v in where if v])

    legend = [(kind, NAMES[kind], signed(span.by_kind[kind], what.currency), rows(kind)) for kind in KINDS]
    told = ", ".join(
        f"{name.lower()} {plain(abs(span.by_kind[kind]), what.currency)}" for kind, name, _, _ in legend
    )
    return {
        "what": what,
        "chart": mrr_chart(months, what.currency, to_date=what.span.is_to_date),
        "says": f"MRR movements by month. {what.span.label}: {told} {what.currency}. "
        "The same figures are in the table.",
        "legend": legend,
        "net": signed(span.net, what.currency),
        "net_url": rows(),
        "table": [
            (
                m.month,
                plain(m.opening, what.currency),
                [
                    (
                        signed(m.by_kind[kind], what.currency),
                        rows(kind, m.month.isoformat(), last.isoformat()),
                    )
                    for kind in KINDS
                ],
                signed(m.net, what.currency),
                plain(m.closing, what.currency),
            )
            for m, last in zip(months, month_ends(what.span), strict=True)
        ],
        "names": [NAMES[kind] for kind in KINDS],
        "empty": not any(any(m.by_kind.values()) for m in months),
        "chart_url": what.url(table=""),
        "table_url": what.url(table="mrr"),
        "counted_url": with_query(reverse("overview_counted"), what.query),
    }


CARDS: dict[str, Callable[[HttpRequest, Asked], dict[str, Any]]] = {
    "needs": needs_card, "health": health_card, "mrr": mrr_card,
}  # fmt: skip
PERIODS = [(key, label) for key, (label, _) in SPANS.items()]
