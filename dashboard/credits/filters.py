"""What the lists of credits can be narrowed by."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from billing.credits.listing import in_debt
from billing.credits.models import CreditEntryLot, CreditSource, CreditUnit, Movement
from dashboard.lists import filters


class Debt(filters.YesNo):
    """Whether it owes. Those that do are few and have an index of their own."""

    def filter(self, qs: filters.Rows, value: Any) -> filters.Rows:
        if not value:
            return qs
        return qs.filter(pk__in=in_debt()) if value == "yes" else qs.exclude(pk__in=in_debt())


class Source(filters.Choices):
    """By where the units of its lots came from; a movement can touch several."""

    one_each = False

    def filter(self, qs: filters.Rows, value: Any) -> filters.Rows:
        if not value:
            return qs
        return qs.filter(Exists(CreditEntryLot.objects.filter(entry=OuterRef("pk"), lot__source__in=value)))


class AccountFilters(filters.ListFilters):
    unit = filters.Choices("unit", "Unit", CreditUnit.choices)
    debt = Debt("In debt", Q(), Q())
    created_from = filters.Day("created_at", "Opened", "from")
    created_to = filters.Day("created_at", "Opened", "to")
    customer = filters.OfCustomer()


class EntryFilters(filters.ListFilters):
    movement = filters.Choices("movement", "What", Movement.choices)
    source = Source("source", "From", CreditSource.choices)
    at_from = filters.Day("at", "When", "from")
    at_to = filters.Day("at", "When", "to")
    customer = filters.OfCustomer("account__customer")
