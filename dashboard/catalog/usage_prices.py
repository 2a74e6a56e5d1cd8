"""What a tier asks for usage past what a period includes: its card on the tier's page, and setting it."""

from decimal import Decimal
from typing import Any

from django import forms as django_forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.catalog.models import Meter, Tier
from billing.errors import InvalidInput
from billing.money import Money
from billing.usage.pricing import UsagePriceWanted, charge_for, set_usage_price
from billing.usage.pricing_models import UsagePrice
from dashboard.access import who_may
from dashboard.actions.fields import AmountInput
from dashboard.catalog import words
from dashboard.catalog.doing import edit as dialog
from dashboard.catalog.forms import SeenForm, WholeNumber
from dashboard.catalog.tiers import page_of, tier_or_404
from dashboard.parts.entries import Effect, Notice
from dashboard.parts.formatting import grouped
from dashboard.parts.viewer import current_locale


class UsagePriceForm(SeenForm):
    """An amount for so many units, past those that are included."""

    currency = django_forms.CharField(
        label="Currency", max_length=3, widget=django_forms.TextInput(attrs={"size": 4})
    )
    amount = django_forms.CharField(label="Price", widget=AmountInput())
    per_units = WholeNumber(label="For each", initial=1)
    included = WholeNumber(label="Included in a period", initial=0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        currency = cleaned["currency"] = (cleaned.get("currency") or "").strip().upper()
        if cleaned.get("amount") and currency:
            try:
                money = Money.parse(cleaned["amount"], currency, current_locale(), allow_zero=True)
            except InvalidInput as error:
                self.add_error("amount", error.sentence)
            except ValueError:  # quiet: told at the field
                self.add_error("currency", "Three capitals, such as EUR.")
            else:
                cleaned["minor"] = money.minor
        return cleaned

    def wanted(self) -> UsagePriceWanted | None:
        """What the fields say, once the amount can be read."""
        cleaned = self.cleaned_data
        if cleaned.get("minor") is None:
            return None
        return UsagePriceWanted(
            cleaned["currency"], cleaned["minor"], cleaned.get("per_units") or 0, cleaned.get("included") or 0
        )


def usage_prices_of(tier: Tier) -> list[dict[str, Any]]:
    """The newest price of each meter and currency, and one that is still to come; one query."""
    rows = UsagePrice.objects.filter(tier=tier).select_related("meter")
    newest = rows.order_by("meter__name", "meter_id", "currency", "-since", "-pk")
    return [
        {"meter": each.meter, "says": says(each), "since": each.since}
        for each in newest.distinct("meter__name", "meter_id", "currency")
    ]


def says(price: UsagePrice) -> str:
    """0.05 EUR for each call, the first 100 included."""
    each = f"{Money(price.unit_amount_minor, price.currency)} for each "
    each += price.meter.unit if price.per_units == 1 else f"{grouped(price.per_units)} {_many(price)}"
    return f"{each}, the first {grouped(price.included)} included" if price.included else each


def _many(price: UsagePrice) -> str:
    return words.many(price.meter.unit)


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("catalog.edit")
def usage_price(request: HttpRequest, slug: str, meter: str) -> HttpResponse:
    """Prices a meter's usage on a tier from now on."""
    tier = tier_or_404(slug)
    of = Meter.objects.filter(slug=meter).first()
    if of is None:
        raise Http404(f"There is no meter {meter}.")
    return dialog(
        request,
        title=f"Price {of.name} on {tier.name}",
        lede=f"What is used past the included is billed with the next renewal, in {words.many(of.unit)}.",
        button="Set the price",
        form=lambda data: UsagePriceForm(data),
        effects=lambda form: _effects(form, tier, of),
        perform=lambda form, **by: set_usage_price(
            tier_id=tier.pk, meter=of.slug, wanted=form.wanted(), **by
        ),
        done=lambda made: f"{of.name} is priced on {tier.name}",
        back=page_of(tier),
    )


def _effects(form: Any, tier: Tier, of: Meter) -> list[Effect | Notice]:
    wanted = form.wanted() if form.is_bound else None
    if wanted is None or not wanted.per_units:
        return [Effect("Enter what it costs", "Then this side tells what will be billed.", "tag")]
    price = UsagePrice(
        tier=tier, meter=of, currency=wanted.currency, unit_amount_minor=wanted.unit_amount_minor,
        per_units=wanted.per_units, included=wanted.included, since=timezone.now(),
    )  # fmt: skip
    number = wanted.included + 10 * wanted.per_units
    money = Money(charge_for(Decimal(number), price).amount_minor, price.currency)
    return [
        Effect(says(price).capitalize(), f"{grouped(number)} {words.many(of.unit)} cost {money}.", "tag"),
        Effect(
            "From now on", "A period that has begun is billed at the price of its start.", "calendar-time"
        ),
        Notice(
            "Renewals wait for this meter",
            "What is not reported up to the end of a period is not billed as none: that subscription stops.",
            "look",
        ),
    ]
