"""What an admin decides about the catalog. Each form carries what it showed, so that it never writes over
somebody else's edit."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from billing.catalog.giving import CreditsWanted, QuotaWanted
from billing.catalog.measuring import FeatureWords, MeterWords
from billing.catalog.models import (
    Aggregation,
    Feature,
    IntervalUnit,
    PackageUnit,
    Past,
    Per,
    Rollover,
    Rounding,
    TaxClass,
)
from billing.catalog.packaging import PackagePriceWanted, PackageWords
from billing.catalog.pricing import PriceWanted
from billing.catalog.selling import TierWords, lines
from billing.errors import InvalidInput
from billing.money import Money
from dashboard.actions.crediting import read_amount
from dashboard.actions.fields import AmountInput, ReasonField
from dashboard.parts.formatting import grouped
from dashboard.parts.viewer import current_locale


class WholeNumber(forms.CharField):
    """A whole number from 1, grouped as the viewer writes it."""

    widget = AmountInput

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        if text.strip() == "0":
            return 0
        try:
            return read_amount(text, "tokens")[0]
        except ValidationError as error:
            raise ValidationError("Enter a whole number, for example 12000.") from error

    def prepare_value(self, value: Any) -> Any:
        return grouped(value) if isinstance(value, int) else value


class SeenForm(forms.Form):
    """A form with a reason, that carries along what it showed."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, seen: str = "", initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.fields["seen"].initial = seen
        self.fields["reason"] = ReasonField("Reason")


class ReasonOnly(SeenForm):
    """Why, and nothing else."""


def tax_field() -> forms.ChoiceField:
    """At which kind of rate it is taxed."""
    return forms.ChoiceField(
        label="Tax",
        required=False,
        choices=[("", "As our settings say"), *TaxClass.choices],
        help_text="Reduced only where the law has it for this product everywhere you sell it.",
    )


class SlugForm(SeenForm):
    slug = forms.CharField(
        label="Slug",
        max_length=64,
        help_text="Programs ask by it, so it is given once: small letters, digits, hyphens.",
    )


class _TierFields(SeenForm):
    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(label="Description", required=False, max_length=2_000)
    trial_days = forms.IntegerField(label="Trial, days", min_value=0, max_value=730, initial=0)
    rank = forms.IntegerField(
        label="Rank", min_value=0, max_value=1_000, initial=0, help_text="Small tiers have small ranks."
    )
    tax_class = tax_field()
    words = forms.CharField(
        label="On the price list",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A line each, to be read. What may be used is set under features and quotas.",
    )
    is_public = forms.BooleanField(label="Shown on the price list", required=False, initial=True)
    is_default = forms.BooleanField(label="New users get this tier", required=False)

    def wanted(self) -> TierWords:
        """What the fields say, as far as they could be read."""
        cleaned = self.cleaned_data
        return TierWords(
            name=cleaned.get("name", ""),
            description=cleaned.get("description", ""),
            rank=cleaned.get("rank") or 0,
            trial_days=cleaned.get("trial_days") or 0,
            is_public=bool(cleaned.get("is_public")),
            is_default=bool(cleaned.get("is_default")),
            words=tuple(lines(cleaned.get("words", ""))),
            tax_class=cleaned.get("tax_class", ""),
        )


class NewTierForm(SlugForm, _TierFields):
    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.order_fields(["name", "slug"])


class EditTierForm(_TierFields):
    def __init__(self, data: Any = None, *, words: TierWords, seen: str, told_by: str = "") -> None:
        known = {name: getattr(words, name) for name in words.__slots__} | {"words": "\n".join(words.words)}
        super().__init__(data, seen=seen, initial=known)
        if told_by:
            for name in ("name", "description", "words"):
                self.fields[name].disabled = True
                self.fields[name].help_text = f"{told_by} tells it; change it there."


class PriceForm(SeenForm):
    """A price, or the next version of one. ``based_on`` is the newest version that was shown."""

    currency = forms.CharField(
        label="Currency",
        max_length=3,
        widget=forms.TextInput(attrs={"size": 4, "autofocus": True}),
        help_text="Its code, such as EUR.",
        error_messages={"required": "Currency: enter its code, such as EUR."},
    )
    amount = forms.CharField(
        label="Price",
        widget=AmountInput(),
        error_messages={"required": "Price: enter what one interval costs; 0 is free."},
    )
    interval_count = forms.IntegerField(label="Every", min_value=1, max_value=1_095, initial=1)
    interval_unit = forms.ChoiceField(label="Interval", choices=IntervalUnit.choices, initial="month")
    per_seat = forms.BooleanField(label="For each seat", required=False, initial=True)
    tax_inclusive = forms.BooleanField(label="Tax is included", required=False)
    based_on = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=0)

    def __init__(self, data: Any = None, *, of: Any = None) -> None:
        known = {}
        if of is not None:
            known = {
                "currency": of.currency,
                "amount": AmountInput().format_value(Money(of.unit_amount_minor, of.currency)),
                "interval_count": of.interval_count,
                "interval_unit": of.interval_unit,
                "per_seat": of.per_seat,
                "tax_inclusive": of.tax_inclusive,
                "based_on": of.version,
            }
        super().__init__(data, initial=known)
        if of is not None:
            self.fields["amount"].widget.attrs["autofocus"] = True
            for name in ("currency", "interval_count", "interval_unit"):
                self.fields[name].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        _read_money(self, cleaned)
        return cleaned

    def wanted(self) -> PriceWanted | None:
        """The price, once the amount can be read."""
        cleaned = self.cleaned_data
        if cleaned.get("minor") is None:
            return None
        return PriceWanted(
            currency=cleaned["currency"],
            amount_minor=cleaned["minor"],
            interval_unit=cleaned.get("interval_unit") or "month",
            interval_count=cleaned.get("interval_count") or 1,
            per_seat=bool(cleaned.get("per_seat")),
            tax_inclusive=bool(cleaned.get("tax_inclusive")),
        )


def _read_money(form: forms.Form, cleaned: dict[str, Any]) -> None:
    """`minor` beside `amount`: what was typed, in the currency that was typed."""
    currency = cleaned["currency"] = (cleaned.get("currency") or "").strip().upper()
    if not cleaned.get("amount") or not currency:
        return
    try:
        money = Money.parse(cleaned["amount"], currency, current_locale(), allow_zero=True)
    except (InvalidInput, ValueError) as error:
        wrong = error.sentence if isinstance(error, InvalidInput) else "Three capitals, such as EUR."
        form.add_error("amount" if isinstance(error, InvalidInput) else "currency", wrong)
    else:
        cleaned["minor"] = money.minor


class FeaturesForm(SeenForm):
    """Which features a tier gives."""

    features = forms.MultipleChoiceField(
        label="Features", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, known: list[Feature], given: list[str], seen: str) -> None:
        super().__init__(data, seen=seen, initial={"features": given})
        self.fields["features"].choices = [(each.slug, each.name) for each in known]  # type: ignore[attr-defined]


class QuotaForm(SeenForm):
    """How much of one meter a tier gives."""

    limit = WholeNumber(label="Up to", required=False, help_text="Empty: unlimited.")
    per = forms.ChoiceField(
        label="For each", choices=Per.choices, initial=Per.MONTH.value, widget=forms.RadioSelect
    )
    past = forms.ChoiceField(
        label="Past it", choices=Past.choices, initial=Past.HARD.value, widget=forms.RadioSelect
    )
    credit_unit = forms.ChoiceField(
        label="Paid in",
        choices=[("", "—"), *PackageUnit.choices],
        required=False,
        help_text="Only where it is paid by credits.",
    )
    credits_each = WholeNumber(label="Credits for each", required=False)

    def __init__(self, data: Any = None, *, held: QuotaWanted | None, seen: str) -> None:
        known = {name: getattr(held, name) for name in held.__slots__} if held else {}
        super().__init__(data, seen=seen, initial=known)

    def wanted(self) -> QuotaWanted:
        cleaned = self.cleaned_data
        by_credits = cleaned.get("past") == Past.CREDITS
        return QuotaWanted(
            limit=cleaned.get("limit"),
            per=cleaned.get("per") or Per.MONTH,
            past=cleaned.get("past") or Past.HARD,
            credit_unit=(cleaned.get("credit_unit") or "") if by_credits else "",
            credits_each=cleaned.get("credits_each") if by_credits else None,
        )


class CreditsForm(SeenForm):
    """How many credits of one unit a tier grants."""

    amount = WholeNumber(label="How many")
    per = forms.ChoiceField(
        label="For each",
        choices=[(Per.PERIOD.value, "billing period"), (Per.MONTH.value, "month")],
        initial=Per.PERIOD.value,
        widget=forms.RadioSelect,
    )
    rollover = forms.ChoiceField(
        label="What is left at the end",
        choices=Rollover.choices,
        initial=Rollover.NONE.value,
        widget=forms.RadioSelect,
    )
    rollover_cap = WholeNumber(label="Kept up to", required=False)

    def __init__(self, data: Any = None, *, held: CreditsWanted | None, seen: str) -> None:
        known = {name: getattr(held, name) for name in held.__slots__} if held else {}
        super().__init__(data, seen=seen, initial=known)

    def wanted(self) -> CreditsWanted | None:
        cleaned = self.cleaned_data
        if not cleaned.get("amount"):
            return None
        capped = cleaned.get("rollover") == Rollover.CAPPED
        return CreditsWanted(
            amount=cleaned["amount"],
            per=cleaned.get("per") or Per.PERIOD,
            rollover=cleaned.get("rollover") or Rollover.NONE,
            rollover_cap=cleaned.get("rollover_cap") if capped else None,
        )


class FeatureForm(SeenForm):
    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(label="Description", required=False, max_length=2_000)

    def wanted(self) -> FeatureWords:
        return FeatureWords(self.cleaned_data["name"], self.cleaned_data.get("description", ""))


class NewFeatureForm(SlugForm, FeatureForm):
    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.order_fields(["name", "slug"])


class MeterForm(SeenForm):
    name = forms.CharField(label="Name", max_length=120)
    unit = forms.CharField(label="One of it is called", max_length=40, initial="unit")
    aggregation = forms.ChoiceField(label="What counts", choices=Aggregation.choices, initial="sum")
    rounding = forms.ChoiceField(
        label="Rounded to whole units", choices=Rounding.choices, initial=Rounding.NONE.value
    )

    def wanted(self) -> MeterWords:
        cleaned = self.cleaned_data
        return MeterWords(cleaned["name"], cleaned["unit"], cleaned["aggregation"], cleaned["rounding"])


class NewMeterForm(SlugForm, MeterForm):
    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.order_fields(["name", "slug"])


class PackageForm(SeenForm):
    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(label="Description", required=False, max_length=2_000)
    rank = forms.IntegerField(label="Rank", min_value=0, max_value=1_000, initial=0)
    tax_class = tax_field()
    is_public = forms.BooleanField(label="Shown on the price list", required=False, initial=True)

    def wanted(self) -> PackageWords:
        """What the fields say, as far as they could be read."""
        cleaned = self.cleaned_data
        return PackageWords(
            cleaned.get("name", ""),
            cleaned.get("description", ""),
            cleaned.get("rank") or 0,
            bool(cleaned.get("is_public")),
            cleaned.get("tax_class", ""),
        )


class NewPackageForm(SlugForm, PackageForm):
    unit = forms.ChoiceField(label="Unit", choices=PackageUnit.choices)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.order_fields(["name", "slug", "unit"])


class PackagePriceForm(SeenForm):
    """How many units for how much, in one currency."""

    currency = forms.CharField(label="Currency", max_length=3, widget=forms.TextInput(attrs={"size": 4}))
    units = WholeNumber(label="Units")
    amount = forms.CharField(label="Price", widget=AmountInput())
    valid_days = forms.IntegerField(
        label="Valid, days", required=False, min_value=1, max_value=3_650, help_text="Empty: for ever."
    )
    tax_inclusive = forms.BooleanField(label="Tax is included", required=False)
    based_on = forms.IntegerField(widget=forms.HiddenInput, required=False, initial=0)

    def __init__(self, data: Any = None, *, of: Any = None) -> None:
        known = {}
        if of is not None:
            known = {
                "currency": of.currency,
                "units": of.units,
                "amount": AmountInput().format_value(Money(of.amount_minor, of.currency)),
                "valid_days": of.valid_days,
                "tax_inclusive": of.tax_inclusive,
                "based_on": of.version,
            }
        super().__init__(data, initial=known)
        if of is not None:
            self.fields["currency"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        _read_money(self, cleaned)
        return cleaned

    def wanted(self) -> PackagePriceWanted | None:
        cleaned = self.cleaned_data
        if cleaned.get("minor") is None or not cleaned.get("units"):
            return None
        return PackagePriceWanted(
            currency=cleaned["currency"],
            amount_minor=cleaned["minor"],
            units=cleaned["units"],
            valid_days=cleaned.get("valid_days"),
            tax_inclusive=bool(cleaned.get("tax_inclusive")),
        )
