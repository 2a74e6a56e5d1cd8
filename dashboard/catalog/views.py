"""The catalog: what is sold at which prices, and a tier's own page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.catalog.queries import tier_by_slug
from dashboard.access import who_may
from dashboard.catalog.page import index_context, tier_context


@require_safe
@who_may("catalog.view")
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/catalog/index.html", index_context(request.user))


@require_safe
@who_may("catalog.view")
def show(request: HttpRequest, slug: str) -> HttpResponse:
    tier = tier_by_slug(slug)
    if tier is None:
        raise Http404(f"There is no tier {slug}.")
    return render(request, "dashboard/catalog/show.html", tier_context(tier, request.user))
