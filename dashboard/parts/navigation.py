"""What stands in the sidebar: declared here as data, shown as far as it is built and allowed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True, slots=True)
class Item:
    """One screen: `permission` empty means everybody who is signed in. `count` names a provider."""

    label: str
    target: str
    icon: str
    permission: str = ""
    count: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as one person sees it on one page."""

    label: str
    url: str
    icon: str
    count: str
    current: bool


GROUPS = (
    Group(
        "",
        (
            Item("Overview", "overview", "layout-dashboard"),
            Item("My work", "work:index", "checklist", count="work"),
            Item("Approvals", "approvals:index", "shield-check", "approvals.view", "approvals"),
        ),
    ),
    Group(
        "Customers",
        (
            Item("Customers", "customers:index", "users", "customers.view"),
            Item("Subscriptions", "subscriptions:index", "repeat", "subscriptions.view"),
            Item("Trials", "trials:index", "hourglass", "trials.view"),
            Item("Commitments", "commitments:index", "heart-handshake", "commitments.view"),
            Item("Credits", "credits:index", "coins", "credits.view"),
            Item("Usage", "usage:index", "gauge", "usage.view"),
            Item("Incidents", "incidents:index", "plug-x", "credits.view"),
            Item("Messages", "messages:index", "mail", "messages.view"),
        ),
    ),
    Group(
        "Money",
        (
            Item("Invoices", "invoices:index", "file-invoice", "invoices.view"),
            Item("Credit notes", "credit_notes:index", "receipt-off", "invoices.view"),
            Item("Payments", "payments:index", "credit-card", "payments.view"),
            Item("Checkouts", "checkouts:index", "shopping-cart", "payments.view"),
            Item("Expiring cards", "payments:expiring", "credit-card-off", "payments.view"),
            Item("Refunds", "refunds:index", "receipt-refund", "refunds.view", "refunds"),
            Item("Disputes", "disputes:index", "gavel", "disputes.view", "disputes"),
            Item("Payouts", "payouts:index", "building-bank", "payouts.view"),
        ),
    ),
    Group(
        "Desk work",
        (
            Item("Dunning", "dunning:index", "calendar-time", "dunning.view", "dunning"),
            Item(
                "Reconciliation",
                "reconciliation:index",
                "scale",
                "reconciliation.view",
                "reconciliation",
            ),
            Item("Billing runs", "billing_runs:index", "calendar-due", "billing_runs.view"),
            Item("Webhooks", "webhooks:index", "webhook", "webhooks.view", "webhooks"),
            Item("Imports", "imports:index", "database-import", "imports.view"),
        ),
    ),
    Group(
        "Selling",
        (
            Item("Catalog", "catalog:index", "tag", "catalog.view"),
            Item("Price changes", "price_changes:index", "versions", "price_changes.view"),
        ),
    ),
    Group(
        "Knowing",
        (
            Item("Reports", "reports:index", "chart-bar", "reports.view"),
            Item("Audit trail", "audit:index", "history", "audit.view"),
            Item("System health", "health:index", "heartbeat", "health.view"),
            Item("Staff", "staff:index", "users-group", "staff.view"),
            Item("API keys", "api:index", "key", "api.view"),
            Item("Settings", "settings:index", "settings", "settings.view"),
        ),
    ),
)

Counter = Callable[[Any], int | None]
_counters: dict[str, Counter] = {}


def register_count(name: str, counter: Counter) -> None:
    """Gives the items that name it a count: `counter(user)` runs one query, and None shows nothing.

    Counts are asked for after the page has loaded, all in one request, so none of them delays a page.
    """
    _counters[name] = counter


@cache
def address(target: str) -> str:
    """Where a url name leads, or an empty string while no such screen is built."""
    try:
        return reverse(target)
    except NoReverseMatch:
        return ""


def permitted(item: Item, user: Any) -> bool:
    return bool(address(item.target)) and (not item.permission or user.has_perm(item.permission))


def navigation_for(user: Any, path: str = "") -> list[tuple[str, list[Entry]]]:
    """Groups with the items that exist and that this person may see; the current one is marked."""
    if user is None or not user.is_authenticated:
        return []
    here = current_address(path)
    groups = [
        (
            group.label,
            [
                Entry(item.label, address(item.target), item.icon, item.count, address(item.target) == here)
                for item in group.items
                if permitted(item, user)
            ],
        )
        for group in GROUPS
    ]
    return [(label, entries) for label, entries in groups if entries]


def current_address(path: str) -> str:
    """The address of the item that a path belongs to: the longest that it begins with."""
    addresses: Iterable[str] = (address(item.target) for group in GROUPS for item in group.items)
    fitting = [
        each for each in addresses if each and (path == each or (each != "/" and path.startswith(each)))
    ]
    return max(fitting, key=len, default="")


def counts_for(user: Any) -> dict[str, int]:
    """The counts that this person's sidebar shows, one query each; what is zero or unknown is left out."""
    names = [
        item.count
        for group in GROUPS
        for item in group.items
        if item.count in _counters and permitted(item, user)
    ]
    counted = {name: _counters[name](user) for name in names}
    return {name: count for name, count in counted.items() if count}
