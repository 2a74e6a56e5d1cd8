"""A customer's account over a period: what stood at its beginning, each movement, and what stands at its end.

Drawn from the ledger's receivable and customer balance, so that it cannot say anything else than the books.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.apps import apps
from django.db.models import Sum

from billing.ledger.accounts import Account
from billing.ledger.models import Posting, PostingLine
from billing.money import Money
from reports.statements.words import said

#: More lines than a person reads; the sums stay those of the whole period.
MOST = 2_000
#: What they owe us less what we hold in their favour.
OURS = (Account.RECEIVABLE, Account.CUSTOMER_BALANCE)
#: Movements that leave the account as it is and that a customer wants to see all the same.
ALSO = (Account.DISPUTED, Account.REFUNDS_IN_TRANSIT)
KINDS = {
    "invoice": "Invoice",
    "payment": "Payment",
    "refund": "Refund",
    "dispute": "Dispute",
    "creditnote": "CreditNote",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One fact on its day: ``amount`` is what moved, ``change`` what it did to the account, ``balance`` what
    stood after it. Above zero they owe us, below it is in their favour."""

    on: date
    what: str
    kind: str
    reference: str
    label: str
    amount: Money
    change: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class CurrencyAccount:
    """The account in one currency. ``closing`` = ``opening`` + every change = ``receivable`` less
    ``balance``, both as they stood on the last day. ``cut`` says that older lines are left out."""

    currency: str
    opening: Money
    lines: tuple[Line, ...]
    closing: Money
    receivable: Money
    balance: Money
    cut: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """One account for each currency in which there ever was any."""

    first: date
    last: date
    accounts: tuple[CurrencyAccount, ...]


def statement_of(customer_ids: Collection[int], first: date, last: date) -> Statement:
    """The statement from the first day to the last, both included, in UTC as in the books; of several
    customers who are one, it is of all of them.

    As many queries for ten movements as for a thousand.
    """
    before = _sums(customer_ids, day__lt=first)
    until = _sums(customer_ids, day__lte=last)
    moved = PostingLine.objects.filter(
        customer__in=customer_ids, account__in=(*OURS, *ALSO), day__gte=first, day__lte=last
    )
    rows = list(
        moved.order_by("-day", "-posting_id").values_list(
            "posting_id", "account", "currency", "amount_minor"
        )[: 3 * MOST]
    )
    postings = Posting.objects.in_bulk({row[0] for row in rows})
    named = _references(postings.values())
    accounts = []
    for currency in sorted({currency for _, currency in until}):
        mine = [row for row in rows if row[2] == currency]
        accounts.append(_account(currency, before, until, mine, postings, named, cut=len(rows) == 3 * MOST))
    return Statement(first, last, tuple(accounts))


def _account(
    currency: str,
    before: Mapping[tuple[str, str], int],
    until: Mapping[tuple[str, str], int],
    rows: list[tuple[int, str, str, int]],
    postings: Mapping[int, Posting],
    named: Mapping[tuple[str, int], tuple[str, str]],
    *,
    cut: bool,
) -> CurrencyAccount:
    opening = sum(before.get((account, currency), 0) for account in OURS)
    receivable, balance = (until.get((account, currency), 0) for account in OURS)
    closing = receivable + balance
    changes: dict[int, int] = {}
    largest: dict[int, int] = {}
    for posting_id, account, _, minor in rows:
        changes[posting_id] = changes.get(posting_id, 0) + (minor if account in OURS else 0)
        largest[posting_id] = max(largest.get(posting_id, 0), abs(minor))
    chosen = sorted(changes, key=lambda pk: (postings[pk].effective_on, pk))
    left_out = len(chosen) > MOST or cut
    chosen = chosen[-MOST:]
    running = closing - sum(changes[pk] for pk in chosen)
    lines = []
    for pk in chosen:
        running += changes[pk]
        posting = postings[pk]
        reference, label = named.get((posting.subject_kind, posting.subject_id or 0), ("", ""))
        amount = abs(changes[pk]) or largest[pk]
        lines.append(
            Line(
                posting.effective_on,
                said(posting.fact),
                posting.subject_kind,
                reference,
                label or reference,
                Money(amount, currency),
                Money(changes[pk], currency),
                Money(running, currency),
            )
        )
    return CurrencyAccount(
        currency=currency,
        opening=Money(opening, currency),
        lines=tuple(lines),
        closing=Money(closing, currency),
        receivable=Money(receivable, currency),
        balance=Money(-balance, currency),
        cut=left_out,
    )


def _sums(customer_ids: Collection[int], **days: Any) -> dict[tuple[str, str], int]:
    lines = PostingLine.objects.filter(customer__in=customer_ids, account__in=OURS, **days).order_by()
    found = lines.values_list("account", "currency").annotate(total=Sum("amount_minor"))
    return {(account, currency): total for account, currency, total in found}


def _references(postings: Iterable[Posting]) -> dict[tuple[str, int], tuple[str, str]]:
    """Reference and name of what each posting is about, one query for each kind of thing."""
    wanted: dict[str, set[int]] = {}
    for posting in postings:
        if posting.subject_kind in KINDS and posting.subject_id:
            wanted.setdefault(posting.subject_kind, set()).add(posting.subject_id)
    named = {}
    for kind, ids in wanted.items():
        for row in apps.get_model("billing", KINDS[kind])._default_manager.filter(pk__in=ids):
            named[kind, row.pk] = (row.reference, getattr(row, "label", "") or row.reference)
    return named
