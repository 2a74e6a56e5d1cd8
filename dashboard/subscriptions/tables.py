"""The columns of the subscriptions list."""

from django.urls import reverse

from billing.subscriptions.listing import monthly_of, plan_of, versions_of
from billing.subscriptions.models import Subscription
from dashboard.lists import columns


def address(subscription: Subscription) -> str:
    return reverse("subscriptions:show", args=[subscription.reference])


def per_month(subscription: Subscription) -> str:
    worth = monthly_of(subscription)
    return columns.part("money", columns.desk.money(worth)) if worth.minor else ""


def ending(subscription: Subscription) -> str:
    """What is to come of it, where something is."""
    if subscription.cancel_at_period_end or subscription.cancel_at:
        return "Cancels"
    return ""


class SubscriptionTable(columns.ListTable):
    reference = columns.Reference(address=address)
    state = columns.State("subscription")
    customer = columns.CustomerName()
    plan = columns.Made("Plan", plan_of)
    version = columns.Made("Price", versions_of, wide=True, dim=True)
    per_month = columns.Made("Per month", per_month, figures=True, place="m2")
    ending = columns.Made("Then", ending, wide=True, dim=True)
    renews = columns.Day("Period ends", accessor="current_period_end", sort="renews", wide=True)
    created = columns.Moment("Created", accessor="created_at", sort="created", shown=False)
    gateway_id = columns.ListColumn("Gateway's id", wide=True, dim=True, shown=False)
