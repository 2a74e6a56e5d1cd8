"""The overview, its cards by themselves, how its figures are counted, and the rows behind its chart."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from dashboard.access import everyone_signed_in, who_may
from dashboard.overview import behind, cards, rows
from dashboard.parts.context import is_fragment
from reports.overview.health import health


@everyone_signed_in
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What needs a person, how the company is doing, and what moved its recurring revenue."""
    what = cards.asked(request)
    shown = {name: cards.card_html(request, name, what) for name in cards.TITLES}
    return render(
        request,
        "dashboard/overview/index.html",
        {
            "what": what,
            "cards": shown,
            "currencies": [(code, what.url(currency=code)) for code in what.currencies],
            "periods": [(label, what.url(period=key), key == what.span.key) for key, label in cards.PERIODS],
        },
    )


@everyone_signed_in
@require_GET
def card(request: HttpRequest, name: str) -> HttpResponse:
    """One card again, for the place where it failed."""
    if name not in cards.TITLES:
        raise Http404(f"The overview has no card {name}.")
    what = cards.asked(request)
    if not is_fragment(request):
        return redirect(what.url())
    response = HttpResponse(cards.card_html(request, name, what))
    response["HX-Retarget"], response["HX-Reswap"] = f"#card-{name}", "outerHTML"
    return response


@who_may("reports.view")
@require_GET
def counted(request: HttpRequest) -> HttpResponse:
    """Each figure with its definition and its parts, each of which opens into its rows."""
    what = cards.asked(request)
    figures = [
        (figure, cards.money_text(figure), [(part, cards.part_url(part, what)) for part in figure.parts])
        for figure in health(what.span, what.currency, as_of=what.as_of)
    ]
    return render(request, "dashboard/overview/counted.html", {"what": what, "figures": figures})


@who_may("reports.view")
@require_GET
def movements(request: HttpRequest) -> HttpResponse:
    """The movements of MRR in one currency, newest first, with what all of them come to."""
    return render(request, "dashboard/overview/movements.html", rows.movement_page(request))


@who_may("reports.view")
@require_GET
def rows_behind(request: HttpRequest, name: str) -> HttpResponse:
    """The rows that one part of a figure is the sum of, newest first, with what all of them come to."""
    if name not in behind.LABELS:
        raise Http404(f"No figure of the overview is made of {name}.")
    return render(request, "dashboard/overview/rows.html", behind.rows_page(request, name))
