"""Credit accounts and what people did with them, as lists show them."""

from typing import Any

from django.db.models import F, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from billing.credits.models import CreditAccount, CreditEntry, CreditLot, CreditSource

__all__ = ["accounts_for_list", "entries_by_hand", "in_debt"]


def accounts_for_list() -> QuerySet[Any]:
    """Accounts with their customer, ``next_expiry`` of what can be used, and ``owed`` if anything."""
    holding = CreditLot.objects.filter(account=OuterRef("pk"), is_open=True).order_by()
    ending = holding.filter(remainder__gt=0, expires_at__gt=Now()).values("account")
    debt = holding.filter(source=CreditSource.DEBT).values("remainder")
    return CreditAccount.objects.select_related("customer__identity").annotate(
        next_expiry=Subquery(ending.annotate(first=Min("expires_at")).values("first")),
        owed=-Subquery(debt[:1]),
    )


def in_debt() -> QuerySet[Any]:
    """The accounts that owe, by the lot that says so: few, and each found by its index."""
    return CreditLot.objects.filter(source=CreditSource.DEBT, is_open=True).values("account")


def entries_by_hand() -> QuerySet[Any]:
    """What people did with credits, with whose they are and, as ``source``, where the units came from."""
    lot = CreditLot.objects.filter(parts__entry=OuterRef("pk")).order_by("-pk").values("source")[:1]
    return (
        CreditEntry.objects.filter(actor_kind="person")
        .select_related("account__customer__identity")
        .annotate(source=Subquery(lot), customer_reference=F("account__customer__reference"))
    )
