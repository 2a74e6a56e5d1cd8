"""The subscriptions list, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.subscriptions.listing import monthly_of, plan_of, subscriptions_for_list, versions_of
from billing.subscriptions.models import NEVER, Subscription
from dashboard.lists.screen import Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.subscriptions.filters import SubscriptionFilters
from dashboard.subscriptions.page import peek_context
from dashboard.subscriptions.tables import SubscriptionTable, address


def rows(user: Any) -> QuerySet[Subscription]:
    return subscriptions_for_list().select_related("continues")


SUBSCRIPTIONS = ListScreen(
    name="subscriptions",
    title="Subscriptions",
    one="subscription",
    many="subscriptions",
    address="subscriptions:index",
    permission="subscriptions.view",
    model=Subscription,
    rows=rows,
    filters=SubscriptionFilters,
    table=SubscriptionTable,
    sorts=(
        by_time(),
        by_time(
            "renews",
            "Period ends",
            "current_period_end",
            descending=False,
            down="Latest first",
            up="Soonest first",
            nulls={"current_period_end": NEVER},
        ),
    ),
    indexes=(
        Index("created"),
        Index("created", ("state",)),
        Index("created", ("customer",), narrow=True),
        Index("renews"),
        Index("renews", ("state",)),
    ),
    tabs=(
        Tab("active", "Active", {"state": "active"}),
        Tab("trialing", "In trial", {"state": "trialing"}),
        Tab("past_due", "Past due", {"state": "past_due"}),
        Tab("ended", "Ended", {"state": ["canceled", "expired"]}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nobody has subscribed yet",
        "Each customer's plan stands here, with the price it pays and the day its period ends, as soon as "
        "somebody subscribes or an import brings it.",
        "repeat",
    ),
    exports=(
        Export("Reference", "reference"),
        Export("State", "state"),
        Export("Customer", "customer__reference"),
        Export("Name", "customer__identity__name"),
        Export("Plan", plan_of),
        Export("Price versions", versions_of),
        Export("Per month", monthly_of, money=True),
        Export("Period ends (UTC)", "current_period_end"),
        Export("Cancels at period end", lambda s: "yes" if s.cancel_at_period_end else "no"),
        Export("Gateway", "gateway"),
        Export("Gateway's id", "gateway_id"),
        Export("Created (UTC)", "created_at"),
    ),
    row_address=address,
    money=monthly_of,
    peek=Peek("dashboard/subscriptions/_peek.html", peek_context),
)
