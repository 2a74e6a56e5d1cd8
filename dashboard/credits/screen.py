"""The lists of credits, declared: accounts, and what people did with them."""

from typing import Any

from django.db.models import QuerySet

from billing.credits.listing import accounts_for_list, entries_by_hand
from billing.credits.models import CreditAccount, CreditEntry
from billing.money import Money
from dashboard.actions.offers import offer
from dashboard.credits.filters import AccountFilters, EntryFilters
from dashboard.credits.page import peek_context
from dashboard.credits.tables import AccountTable, EntryTable, address, entry_address, source_of
from dashboard.lists.screen import Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.parts.entries import Action


def rows(user: Any) -> QuerySet[CreditAccount]:
    return accounts_for_list()


def money(account: CreditAccount) -> Money | None:
    return Money(account.balance, account.currency) if account.is_money else None


def header(user: Any) -> list[Action]:
    return offer(
        user,
        "Given by hand",
        "credits:by_hand",
        permission="credits.view",
        icon="user-check",
        method="page",
    )


ACCOUNTS = ListScreen(
    name="credits",
    title="Credits",
    one="credit account",
    many="credit accounts",
    address="credits:index",
    permission="credits.view",
    model=CreditAccount,
    rows=rows,
    filters=AccountFilters,
    table=AccountTable,
    sorts=(by_time(),),
    indexes=(
        Index("created"),
        Index("created", ("unit",)),
        Index("created", ("debt",), narrow=True),
        Index("created", ("customer",), narrow=True),
    ),
    tabs=(
        Tab("tokens", "Tokens", {"unit": "tokens"}),
        Tab("ai_requests", "AI requests", {"unit": "ai_requests"}),
        Tab("money", "Store credit", {"unit": "money"}),
        Tab("debt", "In debt", {"debt": "yes"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nobody has credits yet",
        "An account stands here for each customer and unit as soon as a subscription, a purchase or somebody "
        "at the desk grants the first.",
        "coins",
    ),
    exports=(
        Export("Account", "pk"),
        Export("Customer", "customer__reference"),
        Export("Name", "customer__identity__name"),
        Export("Unit", "unit"),
        Export("Balance", lambda account: "" if account.is_money else account.balance),
        Export("Store credit", money, money=True),
        Export("Owed", lambda account: account.owed or 0),
        Export("Next ends (UTC)", lambda account: account.next_expiry),
        Export("Opened (UTC)", "created_at"),
    ),
    row_address=address,
    key="pk",
    money=money,
    peek=Peek("dashboard/credits/_peek.html", peek_context),
    actions=header,
)


def moved(entry: CreditEntry) -> Money | None:
    return Money(entry.amount, entry.account.currency) if entry.account.is_money else None


BY_HAND = ListScreen(
    name="credits_by_hand",
    title="Credits given by hand",
    one="movement by hand",
    many="movements by hand",
    address="credits:by_hand",
    permission="credits.view",
    model=CreditEntry,
    rows=lambda user: entries_by_hand(),
    filters=EntryFilters,
    table=EntryTable,
    sorts=(by_time("at", "When", "at"),),
    indexes=(
        Index("at"),
        Index("at", ("movement",)),
        # Nearly everything that people give is goodwill: the order by time finds it at once.
        Index("at", ("source",)),
        Index("at", ("movement", "source")),
        Index("at", ("customer",), narrow=True),
    ),
    tabs=(
        Tab("goodwill", "Goodwill granted", {"movement": "grant", "source": "goodwill"}),
        Tab("taken", "Taken back", {"movement": ["take_back", "reverse"]}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nobody has given credits by hand",
        "Whatever a person grants, takes back, moves or undoes stands here with who and why.",
        "coins",
    ),
    exports=(
        Export("When (UTC)", "at"),
        Export("What", "movement"),
        Export("From", source_of),
        Export("Customer", "account__customer__reference"),
        Export("Name", "account__customer__identity__name"),
        Export("Unit", "account__unit"),
        Export("Units", lambda entry: "" if entry.account.is_money else entry.amount),
        Export("Money", moved, money=True),
        Export("Who", "actor_name"),
        Export("Reason", "reason"),
    ),
    row_address=entry_address,
    key="pk",
    money=moved,
)
