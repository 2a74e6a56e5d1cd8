"""The ledger of an account in rows: each movement with its balance, why, by whom, and the lots it touched."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from billing.credits.models import CreditAccount, CreditEntry, CreditLot, CreditSource
from dashboard.actions import credit_words as words
from dashboard.parts.formatting import full_day

POSTED = re.compile(r"[a-z_]+\.[a-z_]+")
SUBJECTS = {
    "invoice": "an invoice",
    "refund": "a refund",
    "dispute": "a dispute",
    "subscription": "a subscription",
    "payment": "a payment",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One movement. `parts` says for each lot what it gave or got."""

    entry: CreditEntry
    said: str
    amount: str
    balance: str
    about: str
    why: str
    parts: list[tuple[str, str]]
    reverse_url: str = ""

    @property
    def lots(self) -> str:
        return "1 lot" if len(self.parts) == 1 else f"{len(self.parts)} lots"


def lines_of(entries: Iterable[CreditEntry], account: CreditAccount) -> list[Line]:
    """From entries whose parts and lots were fetched with them."""
    return [
        Line(
            entry=entry,
            said=entry.get_movement_display(),
            amount=words.change(account, entry.amount),
            balance=words.figure(account, entry.balance_after),
            about=about(entry, account),
            why=why(entry),
            parts=[
                (lot_words(part.lot, account), words.change(account, part.amount))
                for part in sorted(entry.parts.all(), key=lambda part: part.pk)
            ],
        )
        for entry in entries
    ]


def why(entry: CreditEntry) -> str:
    """Its reason; of a movement that follows a posting, the posting's fact in words."""
    if POSTED.fullmatch(entry.reason):
        return entry.reason.replace(".", " ").replace("_", " ").capitalize()
    return entry.reason


def about(entry: CreditEntry, account: CreditAccount) -> str:
    """What it was for beside its reason: an invoice, an end, what policy left unclaimed."""
    said = []
    if entry.subject_kind:
        kind = SUBJECTS.get(entry.subject_kind, entry.subject_kind.replace("_", " "))
        said.append(f"for {kind}")
    if entry.expires_at:
        said.append(f"to {full_day(entry.expires_at.date())}")
    if entry.shortfall > 0:
        said.append(f"{words.of(account, entry.shortfall)} left unclaimed")
    return ", ".join(said)


def lot_words(lot: CreditLot, account: CreditAccount) -> str:
    """Goodwill of 14 Mar 2026, 5,000 at first."""
    if lot.source == CreditSource.DEBT:
        return f"Debt of {full_day(lot.granted_at.date())}"
    size = words.figure(account, lot.amount)
    return f"{lot.get_source_display()} of {full_day(lot.granted_at.date())}, {size} at first"
