"""What an admin does with what a tier gives: features, quotas, credits."""

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from billing.catalog import giving, services
from billing.catalog.models import Feature, Meter, PackageUnit, Quota, Tier, TierCredits, TierFeature
from dashboard.access import who_may
from dashboard.catalog import effects, forms, words
from dashboard.catalog.doing import edit as dialog
from dashboard.catalog.tiers import page_of, tier_or_404

POSTED = require_http_methods(["GET", "HEAD", "POST"])


@POSTED
@who_may("catalog.edit")
def features(request: HttpRequest, slug: str) -> HttpResponse:
    """Sets which features a tier gives."""
    tier = tier_or_404(slug)
    given = sorted(TierFeature.objects.filter(tier=tier).values_list("feature__slug", flat=True))
    known = list(Feature.objects.all())
    seen = giving.features_seen(tier)
    return dialog(
        request,
        title=f"Features of {tier.name}",
        lede="What may be used on it. Anything that is not ticked is refused.",
        button="Save the features",
        form=lambda data: forms.FeaturesForm(data, known=known, given=given, seen=seen),
        effects=lambda form: effects.of_features(form, tier, given),
        perform=lambda form, **by: services.set_features(
            tier_id=tier.pk, slugs=form.cleaned_data["features"], seen=form.cleaned_data["seen"], **by
        ),
        done=lambda made: f"The features of {tier.name} are set",
        back=page_of(tier),
    )


def _meter(slug: str) -> Meter:
    meter = Meter.objects.filter(slug=slug).first()
    if meter is None:
        raise Http404(f"There is no meter {slug}.")
    return meter


@POSTED
@who_may("catalog.edit")
def quota(request: HttpRequest, slug: str, meter: str) -> HttpResponse:
    """Sets how much of a meter a tier gives."""
    tier, of = tier_or_404(slug), _meter(meter)
    row = Quota.objects.filter(tier=tier, meter=of).first()
    held = giving.QuotaWanted.of(row) if row else None
    seen = giving.quota_seen(tier, of)
    return dialog(
        request,
        title=f"{of.name} on {tier.name}",
        lede=f"How much of it is given, counted in {words.many(of.unit)}.",
        button="Save the quota",
        form=lambda data: forms.QuotaForm(data, held=held, seen=seen),
        effects=lambda form: effects.of_quota(form, tier, of, held),
        perform=lambda form, **by: services.set_quota(
            tier_id=tier.pk, meter_id=of.pk, wanted=form.wanted(), seen=form.cleaned_data["seen"], **by
        ),
        done=lambda made: f"The quota of {of.name} is set",
        back=page_of(tier),
    )


@POSTED
@who_may("catalog.edit")
def drop_quota(request: HttpRequest, slug: str, meter: str) -> HttpResponse:
    """Takes a meter from a tier."""
    tier, of = tier_or_404(slug), _meter(meter)
    return dialog(
        request,
        title=f"Take {of.name} from {tier.name}",
        lede="None of it is given any more.",
        button="Take it out",
        form=partial(forms.ReasonOnly, seen=giving.quota_seen(tier, of)),
        effects=lambda form: effects.of_dropping(tier, of.name),
        perform=lambda form, **by: services.drop_quota(
            tier_id=tier.pk, meter_id=of.pk, seen=form.cleaned_data["seen"], **by
        ),
        done=lambda made: f"{of.name} is taken out of {tier.name}",
        back=page_of(tier),
        danger=True,
    )


def _credits(tier: Tier, unit: str) -> giving.CreditsWanted | None:
    if unit not in PackageUnit.values:
        raise Http404("There are no such credits.")
    row = TierCredits.objects.filter(tier=tier, unit=unit).first()
    return giving.CreditsWanted.of(row) if row else None


@POSTED
@who_may("catalog.edit")
def credits(request: HttpRequest, slug: str, unit: str) -> HttpResponse:
    """Sets which credits a tier grants."""
    tier = tier_or_404(slug)
    held = _credits(tier, unit)
    seen = giving.credits_seen(tier, unit)
    return dialog(
        request,
        title=f"Credits of {tier.name}",
        lede=f"How many {words.unit_words(unit)} each subscription is granted.",
        button="Save the credits",
        form=lambda data: forms.CreditsForm(data, held=held, seen=seen),
        effects=lambda form: effects.of_credits(form, tier, unit, held),
        perform=lambda form, **by: services.set_credits(
            tier_id=tier.pk, unit=unit, wanted=form.wanted(), seen=form.cleaned_data["seen"], **by
        ),
        done=lambda made: f"The credits of {tier.name} are set",
        back=page_of(tier),
    )


@POSTED
@who_may("catalog.edit")
def drop_credits(request: HttpRequest, slug: str, unit: str) -> HttpResponse:
    """Makes a tier grant no more credits of a unit."""
    tier = tier_or_404(slug)
    if _credits(tier, unit) is None:
        raise Http404("There are no such credits.")
    return dialog(
        request,
        title=f"Stop the credits of {tier.name}",
        lede=f"No more {words.unit_words(unit)} are granted.",
        button="Stop them",
        form=partial(forms.ReasonOnly, seen=giving.credits_seen(tier, unit)),
        effects=lambda form: effects.of_no_credits(tier),
        perform=lambda form, **by: services.drop_credits(
            tier_id=tier.pk, unit=unit, seen=form.cleaned_data["seen"], **by
        ),
        done=lambda made: f"{tier.name} grants no more {words.unit_words(unit)}",
        back=page_of(tier),
        danger=True,
    )
