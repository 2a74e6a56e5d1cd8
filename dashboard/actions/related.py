"""What pages say about the things around their object: links to them, and the ledger's lines."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from billing.ledger.models import Posting, PostingLine
from billing.money import Money
from dashboard.access import may


def link(target: str, reference: str, user: Any = None, permission: str = "") -> str:
    """Where an object's page is; empty while no such screen is built, or when this person may not see it."""
    if permission and not may(user, permission):
        return ""
    try:
        return reverse(target, args=[reference])
    except NoReverseMatch:
        return ""


def list_link(target: str, **filters: str) -> str:
    """A list narrowed by these filters; empty while there is no such list."""
    try:
        return f"{reverse(target)}?{urlencode({'view': 'all', **filters})}"
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True)
class Booked:
    """One posting in words."""

    said: str
    cause: str
    effective_on: date


@dataclass(frozen=True, slots=True)
class Side:
    """One line of a posting: either debit or credit is there."""

    account: str
    debit: Money | None
    credit: Money | None


def booked(postings: QuerySet[Posting], most: int = 20) -> list[tuple[Booked, list[Side]]]:
    """Postings with their lines, oldest first, in two queries."""
    return [
        (
            Booked(
                posting.fact.replace(".", " ").replace("_", " ").capitalize(),
                posting.cause,
                posting.effective_on,
            ),
            [_side(line) for line in posting.lines.all()],
        )
        for posting in postings.prefetch_related("lines").order_by("pk")[:most]
    ]


def _side(line: PostingLine) -> Side:
    amount = Money(abs(line.amount_minor), line.currency)
    account = line.account.replace("_", " ").capitalize()
    return Side(account, amount, None) if line.amount_minor > 0 else Side(account, None, amount)
