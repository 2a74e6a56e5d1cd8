"""The payouts list, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.money import Money
from billing.payouts.models import Payout
from billing.payouts.queries import payouts_for_list
from dashboard.lists.screen import Empty, Export, ListScreen, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.payouts.filters import PayoutFilters
from dashboard.payouts.tables import PayoutTable, address


def rows(user: Any) -> QuerySet[Payout]:
    return payouts_for_list()


def amount(payout: Payout) -> Money:
    return Money(payout.amount_minor, payout.currency)


PAYOUTS = ListScreen(
    name="payouts",
    title="Payouts",
    one="payout",
    many="payouts",
    address="payouts:index",
    permission="payouts.view",
    model=Payout,
    rows=rows,
    filters=PayoutFilters,
    table=PayoutTable,
    sorts=(by_time(),),
    indexes=(Index("created"), Index("created", ("state",))),
    tabs=(
        Tab("coming", "On their way", {"state": ["pending", "in_transit"]}),
        Tab("failed", "Failed", {"state": "failed"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nothing has been paid out yet",
        "When a gateway sends what it has collected to our bank, it tells the desk, and the payout stands "
        "here with the day of its arrival.",
        "building-bank",
    ),
    exports=(
        Export("Reference", "reference"),
        Export("State", "state"),
        Export("Gateway", "gateway"),
        Export("Gateway's id", "gateway_id"),
        Export("Amount", amount, money=True),
        Export("Arrives", "arrival_on"),
        Export("Created (UTC)", "created_at"),
    ),
    row_address=address,
    money=amount,
)
