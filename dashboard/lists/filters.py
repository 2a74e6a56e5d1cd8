"""The filters of lists: each reads the URL, narrows the rows, and says in a chip what it does.

A screen's filters are a django-filter FilterSet of these. The name of a filter is its name in the URL.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.customers.models import Customer
from billing.ids import normalise
from billing.money import exponent
from dashboard.parts.formatting import full_day

Rows = QuerySet[Any]
LARGEST = 10**15


class ListFilters(django_filters.FilterSet):
    """The base of every screen's filters."""


class ListFilter(django_filters.Filter):
    """A filter with its chip: operator and value in words."""

    operator = "is"

    def words(self, value: Any) -> str:
        """The value as the chip says it."""
        return str(value)


class Choices(ListFilter, django_filters.MultipleChoiceFilter):
    """One or several of a closed list: `Choices("state", "State", choices("payment"))`.

    `one_each` says that a row has exactly one of the values, in the column that the filter names.
    """

    one_each = True

    def __init__(
        self, field_name: str, label: str, choices: Iterable[tuple[str, str]] | Callable[[], Any]
    ) -> None:
        self.known = choices
        super().__init__(
            field_name=field_name,
            label=label,
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": "“%(value)s” is none of its values."},
        )

    def filter(self, qs: Rows, value: Any) -> Rows:
        return qs.filter(**{f"{self.field_name}__in": list(value)}) if value else qs

    def words(self, value: Any) -> str:
        labels = dict(self.known() if callable(self.known) else self.known)
        return ", ".join(str(labels.get(each, each)) for each in value)


class YesNo(ListFilter, django_filters.ChoiceFilter):
    """A question with two answers; `yes` and `no` are the conditions of each."""

    def __init__(
        self, label: str, yes: Q, no: Q | None = None, answers: tuple[str, str] = ("yes", "no")
    ) -> None:
        self.conditions = {"yes": yes, "no": ~yes if no is None else no}
        self.answers = dict(zip(("yes", "no"), answers, strict=True))
        super().__init__(label=label, choices=list(self.answers.items()), empty_label="either")

    def filter(self, qs: Rows, value: Any) -> Rows:
        return qs.filter(self.conditions[value]) if value else qs

    def words(self, value: Any) -> str:
        return self.answers[value]


class FigureField(forms.CharField):
    """A plain amount such as 10.00 or 1,284.30, in whichever currency the row has."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        text = re.sub(r"[\s,_']", "", (super().to_python(value) or "").strip())
        if not text:
            return None
        try:
            figure = Decimal(text)
        except InvalidOperation as error:
            raise ValidationError("Enter an amount such as 10.00.") from error
        if not figure.is_finite() or abs(figure) > LARGEST or -figure.as_tuple().exponent > 3:  # type: ignore[operator]
            raise ValidationError("Enter an amount such as 10.00.")
        return figure


class Amount(ListFilter):
    """At least, or at most, so much in the row's own currency: `Amount("amount_minor", "Amount", "gte", …)`.

    `currencies` gives the codes that occur: 10.00 is 1,000 minor units of EUR and 10 of JPY.
    """

    field_class = FigureField

    def __init__(
        self,
        field_name: str,
        label: str,
        bound: str,
        currencies: Callable[[], list[str]],
        currency: str = "currency",
    ) -> None:
        self.bound, self.currency, self.currencies = bound, currency, currencies
        self.operator = "at least" if bound == "gte" else "at most"
        super().__init__(
            field_name=field_name,
            label=f"{label} {self.operator}",
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        )
        self.extra["required"] = False

    def filter(self, qs: Rows, value: Decimal | None) -> Rows:
        if value is None:
            return qs
        groups: dict[int, list[str]] = {}
        for code in self.currencies():
            groups.setdefault(exponent(code), []).append(code)
        if len(groups) < 2:
            return qs.filter(self._bound(value, next(iter(groups), 2)))
        each = (
            self._bound(value, places) & Q(**{f"{self.currency}__in": codes})
            for places, codes in groups.items()
        )
        # The second condition is implied by the first, and is the one that an index on the amount can read.
        widest = min(groups) if self.bound == "gte" else max(groups)
        return qs.filter(reduce(or_, each), self._bound(value, widest))

    def _bound(self, value: Decimal, places: int) -> Q:
        scaled = value.scaleb(places)
        rounding = ROUND_CEILING if self.bound == "gte" else ROUND_FLOOR
        return Q(**{f"{self.field_name}__{self.bound}": int(scaled.to_integral_value(rounding))})

    def words(self, value: Any) -> str:
        return f"{value:,.2f}" if value == value.quantize(Decimal("0.01")) else f"{value:,}"


class Day(ListFilter, django_filters.DateFilter):
    """From a day on, or up to its end, in the viewer's zone: `Day("created_at", "Created", "from")`."""

    def __init__(self, field_name: str, label: str, side: str) -> None:
        self.side = side
        self.operator = "from" if side == "from" else "until"
        super().__init__(
            field_name=field_name,
            label=f"{label} {self.operator}",
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d"],
        )

    def filter(self, qs: Rows, value: Any) -> Rows:
        if not value:
            return qs
        if self.side == "from":
            return qs.filter(**{f"{self.field_name}__gte": _midnight(value)})
        return qs.filter(**{f"{self.field_name}__lt": _midnight(value + timedelta(days=1))})

    def words(self, value: Any) -> str:
        return full_day(value)


class LastFour(ListFilter):
    """The last four digits of a card."""

    field_class = forms.RegexField

    def __init__(self, field_name: str = "card_last4", label: str = "Card ends in") -> None:
        super().__init__(
            field_name=field_name, label=label, widget=forms.TextInput(attrs={"inputmode": "numeric"})
        )
        self.extra |= {
            "required": False,
            "regex": r"^[0-9]{4}$",
            "error_messages": {"invalid": "Enter the last four digits, for example 4242."},
        }

    def filter(self, qs: Rows, value: str) -> Rows:
        return qs.filter(**{self.field_name: value}) if value else qs


class CustomerField(forms.CharField):
    """A customer by reference: CUS-7K2M9QPA."""

    def to_python(self, value: Any) -> Customer | None:  # type: ignore[override]
        text = (super().to_python(value) or "").strip()
        if not text:
            return None
        found = Customer.objects.select_related("identity").filter(reference=normalise(text)).first()
        if found is None:
            raise ValidationError("No customer has this reference; it looks like CUS-7K2M9QPA.")
        return found

    def prepare_value(self, value: Any) -> Any:
        return value.reference if isinstance(value, Customer) else value


class OfCustomer(ListFilter):
    """Of one customer, named by reference."""

    field_class = CustomerField

    def __init__(self, field_name: str = "customer", label: str = "Customer") -> None:
        super().__init__(field_name=field_name, label=label)
        self.extra["required"] = False

    def filter(self, qs: Rows, value: Customer | None) -> Rows:
        return qs.filter(**{self.field_name: value.pk}) if value else qs

    def words(self, value: Any) -> str:
        from dashboard.lists.names import name_of

        return name_of(value)[0]


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_current_timezone())
