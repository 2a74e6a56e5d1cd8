"""The checkouts list, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.checkouts.models import CheckoutSession
from billing.checkouts.queries import checkouts_for_list
from billing.money import Money
from dashboard.checkouts.filters import CheckoutFilters
from dashboard.checkouts.tables import CheckoutTable, address
from dashboard.checkouts.words import bought, paid_words
from dashboard.lists.screen import Empty, Export, ListScreen, Tab
from dashboard.lists.sorts import Index, by_time


def rows(user: Any) -> QuerySet[CheckoutSession]:
    return checkouts_for_list()


def amount(session: CheckoutSession) -> Money | None:
    """None where nothing had been chosen yet."""
    return None if session.amount_minor is None else Money(session.amount_minor, session.currency)


CHECKOUTS = ListScreen(
    name="checkouts",
    title="Checkouts",
    one="checkout",
    many="checkouts",
    address="checkouts:index",
    permission="payments.view",
    model=CheckoutSession,
    rows=rows,
    filters=CheckoutFilters,
    table=CheckoutTable,
    sorts=(by_time("created", "Opened"),),
    indexes=(Index("created"), Index("created", ("state",)), Index("created", ("customer",), narrow=True)),
    tabs=(
        Tab("open", "Open", {"state": ["starting", "open"]}),
        Tab("complete", "Complete", {"state": "complete"}),
        Tab("abandoned", "Abandoned", {"state": "expired"}),
        Tab("refused", "Refused", {"state": "failed"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nobody has been sent to a checkout yet",
        "When a customer buys a package or a plan, or a gateway tells of a page of its own, the checkout "
        "stands here with what became of it.",
        "shopping-cart",
    ),
    exports=(
        Export("Reference", "reference"),
        Export("State", "state"),
        Export("Paid", paid_words),
        Export("Customer", "customer__reference"),
        Export("For", bought),
        Export("Amount", amount, money=True),
        Export("Payment", "payment__reference"),
        Export("Invoice", "invoice__reference"),
        Export("Subscription", "subscription__reference"),
        Export("Gateway", "gateway"),
        Export("Gateway's id", "gateway_id"),
        Export("Opened (UTC)", "created_at"),
        Export("Open until (UTC)", "expires_at"),
        Export("Given (UTC)", "fulfilled_at"),
        Export("Kept as balance (UTC)", "kept_at"),
    ),
    row_address=address,
    money=amount,
)
