"""From pieces to the lines of an invoice: credits fitted in, tax once for each rate and treatment. Pure.

Amounts are minor units of one currency. A piece's amount is net, or gross where ``inclusive``. What gives
back is below zero, and is taxed as the line that it takes back was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.errors import InvalidInput
from billing.money import is_currency, round_half_away
from billing.periods import Period
from billing.tax.rules import Decision

__all__ = ["KINDS", "Composed", "Line", "Piece", "TakenBack", "TaxSum", "compose"]

KINDS = frozenset({"subscription", "proration_charge", "proration_credit", "usage", "package", "one_off"})
#: Rates are percents with up to four decimals: the whole, in their smallest part.
WHOLE = 1_000_000
type Rule = Callable[[Piece], Decision]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The issued line that a credit takes back: at its rate (percent), its treatment, of its invoice."""

    rate: Decimal | None
    treatment: str
    invoice_number: str
    line_id: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What is to be billed, before tax is decided.

    ``amount_minor`` counts; ``quantity`` and ``unit_amount_minor`` say how it came about. ``why`` explains it
    to whoever asks: plain words and numbers that JSON can hold. ``tax_class`` is the product's; what takes
    back is taxed as the line that it takes back, whatever its class.
    """

    kind: str
    description: str
    amount_minor: int
    quantity: Decimal = Decimal(1)
    unit_amount_minor: Decimal | int | None = None
    period: Period | None = None
    price_id: int | None = None
    item_id: int | None = None
    inclusive: bool = False
    takes_back: TakenBack | None = None
    tax_class: str = ""
    why: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A piece with its tax: ``net_minor`` and ``tax_minor`` add up to what the line costs."""

    piece: Piece
    net_minor: int
    tax_minor: int
    tax_rate: Decimal | None
    treatment: str
    why: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaxSum:
    """All lines of one rate and treatment."""

    rate: Decimal | None
    treatment: str
    net_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class Composed:
    """The lines of an invoice, and its sums, never below zero.

    ``left_over`` are the credits, whole or in part, that did not fit: they wait for the next invoice.
    """

    lines: tuple[Line, ...]
    groups: tuple[TaxSum, ...]
    net_minor: int
    tax_minor: int
    left_over: tuple[Piece, ...] = ()

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax_minor

    @property
    def left_over_minor(self) -> int:
        """What is left to give back, as the credits count it (net, or gross where inclusive)."""
        return -sum(piece.amount_minor for piece in self.left_over)


def compose(
    pieces: Sequence[Piece],
    *,
    currency: str,
    decision: Decision,
    of_class: Mapping[str, Decision] | None = None,
) -> Composed:
    """Divides pieces into lines with net and tax: by the ``decision``, or by that ``of_class`` for those that
    have one.

    Each group of equal rate and treatment is rounded once; its tax is shared over its lines so that they add
    up to it. Credits are taken in their order until nothing is owed; the rest is left over, and without a
    charge all of it. Raises `InvalidInput` for a piece that cannot stand on an invoice.
    """
    _check(pieces, currency)
    by_class = of_class or {}

    def rule(piece: Piece) -> Decision:
        return by_class[piece.tax_class] if piece.tax_class else decision

    taken = {place: piece for place, piece in enumerate(pieces) if piece.amount_minor >= 0}
    if len(taken) == len(pieces):
        return _composed(pieces, rule, ())
    owes = any(piece.amount_minor for piece in taken.values())
    left: list[Piece] = []
    for place, credit in enumerate(pieces):
        if credit.amount_minor >= 0:
            continue
        fits = _fit(list(taken.values()), credit, rule) if owes else 0
        if fits:
            taken[place] = _part(credit, -fits)
        if fits < -credit.amount_minor:
            left.append(_part(credit, credit.amount_minor + fits))
    return _composed([taken[place] for place in sorted(taken)], rule, tuple(left))


def _composed(pieces: Sequence[Piece], rule: Rule, left: tuple[Piece, ...]) -> Composed:
    groups: dict[tuple[Decimal | None, str], list[int]] = {}
    for place, piece in enumerate(pieces):
        groups.setdefault(_group(piece, rule), []).append(place)
    lines: list[Line | None] = [None] * len(pieces)
    sums: list[TaxSum] = []
    for (rate, treatment), places in groups.items():
        some = [pieces[place] for place in places]
        taxes = _shares([_exact_tax(piece, rate) for piece in some])
        net = 0
        for place, piece, tax in zip(places, some, taxes, strict=True):
            without = piece.amount_minor - tax if piece.inclusive else piece.amount_minor
            net += without
            lines[place] = Line(piece, without, tax, rate, treatment, _why(piece, rule, rate, treatment))
        sums.append(TaxSum(rate, treatment, net, sum(taxes)))
    return Composed(
        tuple(line for line in lines if line is not None),
        tuple(sums),
        sum(each.net_minor for each in sums),
        sum(each.tax_minor for each in sums),
        left,
    )


def _group(piece: Piece, rule: Rule) -> tuple[Decimal | None, str]:
    if piece.takes_back is not None:
        return piece.takes_back.rate, piece.takes_back.treatment
    decision = rule(piece)
    return decision.rate, decision.treatment


def _exact_tax(piece: Piece, rate: Decimal | None) -> int | Fraction:
    """The tax of one piece, not rounded."""
    if not rate:
        return 0
    parts = int(rate * 10_000)
    return Fraction(piece.amount_minor * parts, WHOLE + parts if piece.inclusive else WHOLE)


def _shares(exact: Sequence[int | Fraction]) -> list[int]:
    """Whole units that add up to the rounded sum; what is missing goes to the largest fractions."""
    if len(exact) == 1:
        return [round_half_away(exact[0])]
    whole = round_half_away(sum(exact, Fraction(0)))
    shares = [each.__floor__() for each in exact]
    missing = whole - sum(shares)
    # sorted() is stable, so equal fractions keep the order they came in.
    for place in sorted(range(len(shares)), key=lambda i: shares[i] - exact[i])[:missing]:
        shares[place] += 1
    return shares


def _fit(kept: Sequence[Piece], credit: Piece, rule: Rule) -> int:
    """The most of a credit, in its minor units, that leaves the total at zero or above."""
    whole = -credit.amount_minor
    if _composed([*kept, credit], rule, ()).total_minor >= 0:
        return whole
    low, high = 0, whole
    while high - low > 1:
        middle = (low + high) // 2
        part = replace(credit, amount_minor=-middle)
        if _composed([*kept, part], rule, ()).total_minor >= 0:
            low = middle
        else:
            high = middle
    return low


def _part(piece: Piece, amount_minor: int) -> Piece:
    if amount_minor == piece.amount_minor:
        return piece
    why = {**piece.why, "part_of_minor": piece.amount_minor}
    return replace(piece, amount_minor=amount_minor, why=why)


def _why(piece: Piece, rule: Rule, rate: Decimal | None, treatment: str) -> dict[str, Any]:
    """The piece's own reasons, and the rule of its tax."""
    tax: dict[str, Any] = {"rate": None if rate is None else str(rate), "treatment": treatment}
    if piece.takes_back is not None:
        tax["takes_back"] = piece.takes_back.invoice_number
        tax["rule"] = f"Taken back as it was billed on {piece.takes_back.invoice_number}."
    else:
        decision = rule(piece)
        tax["country"] = decision.country
        tax["rule"] = decision.why
    if piece.tax_class:
        tax["class"] = piece.tax_class
    if piece.inclusive:
        tax["inclusive"] = True
    return {**piece.why, "tax": tax}


def _check(pieces: Sequence[Piece], currency: str) -> None:
    if not is_currency(currency):
        raise InvalidInput("currency_unknown", f"Currency: {currency or '(none)'} is not an ISO 4217 code.")
    for piece in pieces:
        if piece.kind not in KINDS:
            raise InvalidInput(
                "piece_kind_unknown", f"Line: {piece.kind} is none of {', '.join(sorted(KINDS))}."
            )
        if not piece.description.strip() or len(piece.description) > 500:
            raise InvalidInput("piece_unnamed", "Description: say in 1 to 500 characters what is billed.")
        if type(piece.amount_minor) is not int:
            raise InvalidInput("piece_not_whole", f"{piece.description}: use whole minor units.")
