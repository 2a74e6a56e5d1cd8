"""An account's lots as bars over time: each from its grant to its end, filled as far as it is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.credits.models import CreditAccount, CreditSource
from billing.credits.queries import Bar
from dashboard.actions import credit_words as words

#: The width of the drawing, in its own units.
WIDTH = 990
#: The least that a bar or its filling may be wide, so that it is seen.
LEAST = 6


@dataclass(frozen=True, slots=True)
class Drawn:
    """One lot: its row in words, and where its bar, filling and end lie."""

    bar: Bar
    source: str
    amount: str
    left: str
    x: int
    width: int
    filled: int
    is_debt: bool
    ended: bool
    held: int
    end_url: str = ""
    take_url: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """What the drawing reaches over, and where now is in it."""

    begins: datetime
    ends: datetime
    now_at: int


def span_of(bars: Sequence[Bar], now: datetime) -> Span:
    """From the first grant shown to the last end, with a month of room where nothing ends."""
    begins = min((bar.starts_at for bar in bars), default=now)
    ends = max([now + timedelta(days=30), *(bar.ends_at for bar in bars if bar.ends_at)])
    return Span(begins, ends, _at(now, begins, ends))


def drawn(bars: Sequence[Bar], account: CreditAccount, span: Span, now: datetime) -> list[Drawn]:
    return [_drawn(bar, account, span, now) for bar in bars]


def _drawn(bar: Bar, account: CreditAccount, span: Span, now: datetime) -> Drawn:
    lot = bar.lot
    x = min(_at(bar.starts_at, span.begins, span.ends), WIDTH - LEAST)
    to = _at(bar.ends_at, span.begins, span.ends) if bar.ends_at else WIDTH
    width = max(LEAST, to - x)
    is_debt = lot.source == CreditSource.DEBT
    filled = width * bar.percent_left // 100
    return Drawn(
        bar=bar,
        source=lot.get_source_display(),
        amount="" if is_debt else words.figure(account, lot.amount),
        left=words.figure(account, lot.remainder),
        x=x,
        width=width,
        filled=max(LEAST, filled) if bar.left > 0 else 0,
        is_debt=is_debt,
        ended=bar.left > 0 and bar.burn_place is None,
        held=lot.remainder,
    )


def _at(moment: datetime, begins: datetime, ends: datetime) -> int:
    whole = (ends - begins) or timedelta(days=1)
    return min(WIDTH, max(0, WIDTH * (moment - begins) // whole))
