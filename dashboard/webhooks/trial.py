"""What doing an event again would change, as the dialog tells it."""

from dataclasses import dataclass, field
from typing import Any

from billing.ledger.models import PostingLine
from billing.money import Money
from billing.webhooks.services import Difference
from dashboard.parts.entries import Notice
from dashboard.webhooks.changes import Changed, changed_rows


@dataclass(frozen=True, slots=True)
class Line:
    """One line that would be posted."""

    account: str
    debit: Money | None
    credit: Money | None


@dataclass(frozen=True, slots=True)
class Trial:
    """The verdict in a sentence, the rows before and after, and the ledger's lines."""

    verdict: Notice
    changed: list[Changed] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def told(found: Difference, user: Any) -> Trial:
    """The difference in words."""
    rows = changed_rows(found.changes, user, trial=True)
    return Trial(verdict(found, len(rows)), rows, [_line(each) for each in found.lines])


def verdict(found: Difference, rows: int) -> Notice:
    """Whether it would work, and how much it would change."""
    if found.state in ("failed", "dead"):
        return Notice("It would fail again, and change nothing", found.sentence, "bad")
    if found.state == "ignored":
        detail = found.sentence or "The desk has no use for events of this type."
        return Notice("It would be put aside, and change nothing", detail, "idle", "eye-off")
    if found.is_empty:
        return Notice("Nothing would change: it is already in the books", found.sentence, "ok", "checks")
    many = f"{rows:,} row{'' if rows == 1 else 's'} would change" if rows else "It would post to the ledger"
    return Notice(many, found.sentence, "move", "git-compare")


def _line(line: PostingLine) -> Line:
    amount = Money(abs(line.amount_minor), line.currency)
    account = line.account.replace("_", " ").capitalize()
    return Line(account, amount, None) if line.amount_minor > 0 else Line(account, None, amount)
