"""What an admin does with tiers and their prices."""

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from billing.catalog import services
from billing.catalog.models import Price, Tier
from billing.catalog.queries import tier_by_slug
from billing.catalog.selling import TierWords, seen_of
from dashboard.access import who_may
from dashboard.catalog import effects, forms
from dashboard.catalog.doing import edit as dialog

POSTED = require_http_methods(["GET", "HEAD", "POST"])


def tier_or_404(slug: str) -> Tier:
    tier = tier_by_slug(slug)
    if tier is None:
        raise Http404(f"There is no tier {slug}.")
    return tier


def page_of(tier: Tier) -> str:
    return reverse("catalog:show", args=[tier.slug])


@POSTED
@who_may("catalog.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Makes a tier."""
    return dialog(
        request,
        title="New tier",
        lede="What is sold under a name and a slug.",
        button="Make the tier",
        form=forms.NewTierForm,
        effects=effects.of_new_tier,
        perform=lambda form, **by: services.create_tier(
            slug=form.cleaned_data["slug"], words=form.wanted(), **by
        ),
        done=lambda made: f"{made.name} is made",
        back=lambda made: page_of(made) if made else reverse("catalog:index"),
    )


@POSTED
@who_may("catalog.edit")
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Changes a tier's own words, its trial, and whether it is shown."""
    tier = tier_or_404(slug)
    return dialog(
        request,
        title=f"Edit {tier.name}",
        lede="What it is called, where it stands, its trial and its tax.",
        button="Save",
        form=lambda data: forms.EditTierForm(
            data, words=TierWords.of(tier), seen=seen_of(tier), told_by=tier.gateway.capitalize()
        ),
        effects=lambda form: effects.of_tier(form, tier),
        perform=lambda form, **by: services.edit_tier(
            tier_id=tier.pk, words=form.wanted(), seen=form.cleaned_data["seen"], **by
        ),
        done=lambda made: f"{made.name} is changed",
        back=page_of(tier),
    )


@POSTED
@who_may("catalog.edit")
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes a tier out of sale."""
    tier = tier_or_404(slug)
    return dialog(
        request,
        title=f"Archive {tier.name}",
        lede="It is sold to nobody new.",
        button="Archive it",
        form=partial(forms.ReasonOnly, seen=seen_of(tier)),
        effects=lambda form: effects.of_archiving(tier),
        perform=lambda form, **by: services.archive_tier(
            tier_id=tier.pk, seen=form.cleaned_data["seen"], **by
        ),
        done=lambda made: f"{made.name} is archived",
        back=page_of(tier),
        danger=True,
    )


@POSTED
@who_may("catalog.edit")
def restore(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes an archived tier back into sale."""
    tier = tier_or_404(slug)
    return dialog(
        request,
        title=f"Take {tier.name} back into sale",
        lede="It stands on the price list again.",
        button="Take it back",
        form=partial(forms.ReasonOnly, seen=seen_of(tier)),
        effects=lambda form: effects.of_restoring(tier),
        perform=lambda form, **by: services.restore_tier(
            tier_id=tier.pk, seen=form.cleaned_data["seen"], **by
        ),
        done=lambda made: f"{made.name} is in sale again",
        back=page_of(tier),
    )


@POSTED
@who_may("catalog.edit")
def price(request: HttpRequest, slug: str) -> HttpResponse:
    """Adds a price, or with `of` in the address the next version of one."""
    tier = tier_or_404(slug)
    of = _price_of(tier, request.GET.get("of", ""))
    return dialog(
        request,
        title=f"Change a price of {tier.name}" if of else f"New price of {tier.name}",
        lede=f"{of.currency}: the next version after {of.version}." if of else "In a currency and interval.",
        button="Write the next version" if of else "Write the price",
        form=partial(forms.PriceForm, of=of),
        effects=lambda form: effects.of_price(form, tier, of),
        perform=lambda form, **by: services.add_price(
            tier_id=tier.pk, wanted=form.wanted(), based_on=form.cleaned_data.get("based_on") or 0, **by
        ),
        done=lambda made: f"Version {made.version} is written",
        back=page_of(tier),
    )


def _price_of(tier: Tier, pk: str) -> Price | None:
    if not pk:
        return None
    found = Price.objects.filter(tier=tier, pk=int(pk)).first() if pk.isascii() and pk.isdigit() else None
    if found is None:
        raise Http404("There is no such price.")
    return found


@POSTED
@who_may("catalog.edit")
def retire(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Offers a price to nobody new."""
    tier = tier_or_404(slug)
    found = Price.objects.filter(tier=tier, pk=pk).first()
    if found is None:
        raise Http404("There is no such price.")
    return dialog(
        request,
        title=f"Retire a price of {tier.name}",
        lede=f"{found.currency}, version {found.version}.",
        button="Retire it",
        form=forms.ReasonOnly,
        effects=lambda form: effects.of_retiring(found),
        perform=lambda form, **by: services.retire_price(price_id=found.pk, **by),
        done=lambda made: f"Version {made.version} is retired",
        back=page_of(tier),
        danger=True,
    )
