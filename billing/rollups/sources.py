"""What is summed by day: tables that only grow, and how a row of theirs counts."""

from dataclasses import dataclass

__all__ = ["POSTING_LINES", "SOURCES", "STATE_CHANGES", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """SQL for one row of ``table``: which measure it counts for, on which day, in which currency.

    The table has a column ``xid``, the transaction that wrote the row, and an index on it.
    ``measures`` is a LIKE pattern of all the measures that the source makes.
    """

    name: str
    table: str
    measures: str
    measure: str
    day: str
    currency: str
    amount: str
    where: str = "true"


POSTING_LINES = Source(
    name="posting_lines",
    table="billing_postingline",
    measures="account.%",
    measure="'account.' || r.account",
    day="r.day",
    currency="r.currency",
    amount="r.amount_minor",
)

STATE_CHANGES = Source(
    name="state_changes",
    table="billing_historyentry",
    measures="state.%",
    measure="'state.' || r.subject_kind || '.' || r.to_state",
    day="(r.at AT TIME ZONE 'UTC')::date",
    currency="r.currency",
    amount="coalesce(r.amount_minor, 0)",
    where="r.kind = 'state'",
)

SOURCES = (POSTING_LINES, STATE_CHANGES)
