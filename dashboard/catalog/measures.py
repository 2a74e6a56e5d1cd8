"""Features and meters, which tiers share: their page, and what an admin does with them."""

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing.catalog import measuring, services
from billing.catalog.models import Feature, Meter
from dashboard.access import may, who_may
from dashboard.catalog import effects, forms
from dashboard.catalog.doing import edit as dialog

POSTED = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@who_may("catalog.view")
def index(request: HttpRequest) -> HttpResponse:
    """Every feature and meter, each with the tiers that give it; four queries however many."""
    return render(
        request,
        "dashboard/catalog/measures.html",
        {
            "features": Feature.objects.prefetch_related("given_by__tier"),
            "meters": Meter.objects.prefetch_related("quotas__tier"),
            "may_edit": may(request.user, "catalog.edit"),
            "as_of": timezone.now(),
        },
    )


def _here(made: object = None) -> str:
    return reverse("catalog:measures")


@POSTED
@who_may("catalog.edit")
def new_feature(request: HttpRequest) -> HttpResponse:
    """Names a feature."""
    return dialog(
        request,
        title="New feature",
        lede="Something that may be used or not.",
        button="Make the feature",
        form=forms.NewFeatureForm,
        effects=effects.of_new_measure,
        perform=lambda form, **by: services.create_feature(
            slug=form.cleaned_data["slug"], words=form.wanted(), **by
        ),
        done=lambda made: f"{made.name} is made",
        back=_here,
    )


@POSTED
@who_may("catalog.edit")
def new_meter(request: HttpRequest) -> HttpResponse:
    """Names a meter."""
    return dialog(
        request,
        title="New meter",
        lede="Something that is counted and held against a quota.",
        button="Make the meter",
        form=forms.NewMeterForm,
        effects=effects.of_new_measure,
        perform=lambda form, **by: services.create_meter(
            slug=form.cleaned_data["slug"], words=form.wanted(), **by
        ),
        done=lambda made: f"{made.name} is made",
        back=_here,
    )


@POSTED
@who_may("catalog.edit")
def edit_feature(request: HttpRequest, slug: str) -> HttpResponse:
    """Changes how a feature is called."""
    row = Feature.objects.filter(slug=slug).first()
    if row is None:
        raise Http404(f"There is no feature {slug}.")
    known = {"name": row.name, "description": row.description}
    return dialog(
        request,
        title=f"Edit {row.name}",
        lede=f"Programs ask for it as {row.slug}.",
        button="Save",
        form=partial(forms.FeatureForm, seen=measuring.seen_of_feature(row), initial=known),
        effects=effects.of_name,
        perform=lambda form, **by: services.edit_feature(
            feature_id=row.pk, words=form.wanted(), seen=form.cleaned_data["seen"], **by
        ),
        done=lambda made: f"{made.name} is changed",
        back=_here,
    )


@POSTED
@who_may("catalog.edit")
def edit_meter(request: HttpRequest, slug: str) -> HttpResponse:
    """Changes a meter; how it counts only while no tier has a quota of it."""
    row = Meter.objects.filter(slug=slug).first()
    if row is None:
        raise Http404(f"There is no meter {slug}.")
    held = measuring.MeterWords.of(row)
    known = {name: getattr(held, name) for name in held.__slots__}
    return dialog(
        request,
        title=f"Edit {row.name}",
        lede=f"Programs count on it as {row.slug}.",
        button="Save",
        form=partial(forms.MeterForm, seen=measuring.seen_of_meter(row), initial=known),
        effects=effects.of_name,
        perform=lambda form, **by: services.edit_meter(
            meter_id=row.pk, words=form.wanted(), seen=form.cleaned_data["seen"], **by
        ),
        done=lambda made: f"{made.name} is changed",
        back=_here,
    )
