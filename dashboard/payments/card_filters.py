"""What cards can be narrowed by, and what is asked before their owners are written to."""

from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format

from billing.payments.expiring import charged_cards, other_cards
from dashboard.lists import filters

#: Months that can be chosen: the last few, whose cards may still be on file, and the next year's.
BEFORE, AFTER = 3, 12
STATES = (
    ("expired", "Expired"),
    ("this", "Expires this month"),
    ("next", "Expires next month"),
    ("later", "Later"),
)


def month_from(today: date, months: int) -> date:
    """The first day of the month so many months from today's."""
    place = today.year * 12 + today.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def month_choices() -> list[tuple[str, str]]:
    days = [month_from(timezone.localdate(), each) for each in range(-BEFORE, AFTER + 1)]
    return [(f"{day:%Y-%m}", date_format(day, "F Y")) for day in days]


def ahead(months: int) -> list[str]:
    """This month and those that follow, as the filter names them."""
    return [f"{month_from(timezone.localdate(), each):%Y-%m}" for each in range(months)]


class InMonth(filters.Choices):
    """Expiring in one of some months."""

    one_each = False

    def filter(self, qs: filters.Rows, value: Any) -> filters.Rows:
        if not value:
            return qs
        months = [each.split("-") for each in value]
        return qs.filter(reduce(or_, (Q(exp_year=int(year), exp_month=int(month)) for year, month in months)))


class Standing(filters.Choices):
    """Expired, expiring, or good for longer: by today's month."""

    one_each = False

    def filter(self, qs: filters.Rows, value: Any) -> filters.Rows:
        if not value:
            return qs
        today = timezone.localdate()
        after = month_from(today, 1)
        this = Q(exp_year=today.year, exp_month=today.month)
        then = Q(exp_year=after.year, exp_month=after.month)
        wanted = {
            "expired": Q(exp_year__lt=today.year) | Q(exp_year=today.year, exp_month__lt=today.month),
            "this": this,
            "next": then,
            "later": Q(exp_year__gt=after.year) | Q(exp_year=after.year, exp_month__gt=after.month),
        }
        return qs.filter(reduce(or_, (wanted[each] for each in value)))


class Charged(filters.YesNo):
    """Whether it is what we would charge next."""

    def __init__(self) -> None:
        super().__init__("We charge it", Q(Exists(charged_cards().filter(pk=OuterRef("pk")))))


class Other(filters.YesNo):
    """Whether its owner has another card that is good."""

    def __init__(self) -> None:
        super().__init__("Another card", Q())

    def filter(self, qs: filters.Rows, value: Any) -> filters.Rows:
        if not value:
            return qs
        other = Q(Exists(other_cards(timezone.localdate())))
        return qs.filter(other if value == "yes" else ~other)


class CardFilters(filters.ListFilters):
    month = InMonth("exp_month", "Expires in", month_choices)
    state = Standing("exp_year", "State", STATES)
    charged = Charged()
    other = Other()
    customer = filters.OfCustomer()


class AskForm(forms.Form):
    """Nothing is asked: the letter says which card, and when it expires."""
