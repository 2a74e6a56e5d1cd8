"""Customers as lists show them: with the subscription they are on and what they are worth in a month."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, QuerySet, Sum
from django.db.models.functions import JSONObject

from billing.customers.models import Customer
from billing.money import Money
from billing.subscriptions.listing import plan_of
from billing.subscriptions.models import MrrMovement, Subscription
from billing.subscriptions.rules import TERMINAL


def customers_for_list() -> QuerySet[Customer]:
    """Every customer with name, subscriptions with their plans, and MRR: five queries whatever the number."""
    newest = Subscription.objects.order_by("-created_at", "-pk").prefetch_related("items__price__tier")
    worth = (
        MrrMovement.objects.filter(customer=OuterRef("pk"))
        .order_by("currency")
        .values("currency")
        .annotate(minor=Sum("amount_minor"))
        .values(pair=JSONObject(currency="currency", minor="minor"))
    )
    return (
        Customer.objects.select_related("identity")
        .prefetch_related(Prefetch("subscriptions", newest))
        .annotate(mrr_by_currency=ArraySubquery(worth))
    )


def leading(customer: Customer) -> Subscription | None:
    """The newest subscription that still runs, else the one that ended last; needs `customers_for_list`."""
    subscriptions = list(customer.subscriptions.all())
    return next((each for each in subscriptions if each.state not in TERMINAL), None) or next(
        iter(subscriptions), None
    )


def state_of_customer(customer: Customer) -> str:
    """The state of the leading subscription; empty for one who never subscribed."""
    subscription = leading(customer)
    return subscription.state if subscription else ""


def plan_of_customer(customer: Customer) -> str:
    """What they are on in words; empty when nothing runs."""
    subscription = leading(customer)
    return plan_of(subscription) if subscription and subscription.state not in TERMINAL else ""


def mrr_of(customer: Customer) -> list[Money]:
    """MRR, one amount for each currency in which there is any now."""
    pairs = customer.mrr_by_currency  # type: ignore[attr-defined]
    return [Money(int(pair["minor"]), pair["currency"]) for pair in pairs if int(pair["minor"])]
