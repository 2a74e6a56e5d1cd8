"""What may be credited of an invoice, line by line, and how an amount divides into net and tax. Pure.

Amounts are gross, in minor units: what the customer gets back, tax included. Tax is cumulative for each
rate and treatment of an invoice, so that in whatever parts and order it is credited, net and tax end exactly
as issued.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.errors import Conflict, InvalidInput
from billing.money import Money, allocate, exact, round_half_away

__all__ = ["Credited", "Line", "check_credit", "creditable", "refuse_uncreditable", "split", "tax_of"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an issued invoice, as the rule sees it."""

    id: int
    net: int
    tax: int
    rate: Decimal | None
    label: str = ""
    treatment: str = ""

    @property
    def gross(self) -> int:
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Credited:
    """What a credit note takes off one line, or has taken before."""

    line_id: int
    net: int
    tax: int

    @property
    def gross(self) -> int:
        return self.net + self.tax


def tax_of(tax: int, total: int, *, credited: int, given_back: int) -> int:
    """The tax in the next part of a group: what belongs to all that is credited by then, less what was given
    back before. ``tax`` and ``total`` (gross) are the group's, ``credited`` includes this part."""
    if total <= 0:
        return 0
    return round_half_away(exact(tax) * credited / total) - given_back


def creditable(lines: Iterable[Line], before: Iterable[Credited]) -> dict[int, int]:
    """What of each line may still be credited, gross. What takes off (a discount, unused time) lowers the
    lines of its own rate in proportion."""
    gone: dict[int, int] = defaultdict(int)
    for each in before:
        gone[each.line_id] += each.gross
    left: dict[int, int] = {}
    for group in _groups(lines).values():
        above = [line for line in group if line.gross > 0]
        off = -sum(line.gross for line in group if line.gross < 0)
        shares = _shares(off, [line.gross for line in above])
        for line, share in zip(above, shares, strict=True):
            left[line.id] = max(0, line.gross - share - gone[line.id])
    return left


def split(lines: Sequence[Line], before: Iterable[Credited], asked: Mapping[int, int]) -> list[Credited]:
    """Divides what is asked of each line (gross) into net and tax, in the order of the lines."""
    earlier = list(before)
    parts: list[Credited] = []
    for group in _groups(lines).values():
        ids = {line.id for line in group}
        tax, total = sum(line.tax for line in group), sum(line.gross for line in group)
        credited = sum(each.gross for each in earlier if each.line_id in ids)
        given_back = sum(each.tax for each in earlier if each.line_id in ids)
        for line in group:
            amount = asked.get(line.id, 0)
            if not amount:
                continue
            credited += amount
            part = tax_of(tax, total, credited=credited, given_back=given_back)
            given_back += part
            parts.append(Credited(line.id, amount - part, part))
    order = {line.id: place for place, line in enumerate(lines)}
    return sorted(parts, key=lambda each: order[each.line_id])


def refuse_uncreditable(*, number: str, gateway: str, state: str) -> None:
    """Raises `Conflict` for an invoice that takes no credit note of ours at all."""
    if gateway:
        raise Conflict(
            "invoice_of_a_gateway",
            f"{number} was issued at the gateway, in its series. Credit it there; the desk follows.",
        )
    if state in ("draft", "void"):
        raise Conflict(
            "invoice_not_creditable",
            f"{number} is {state}, so there is nothing to credit. "
            + ("Change or delete the draft instead." if state == "draft" else "It was taken back whole."),
        )


def check_credit(
    asked: Mapping[int, int],
    left: Mapping[int, int],
    labels: Mapping[int, str],
    currency: str,
    *,
    number: str,
    gateway: str,
    state: str,
) -> None:
    """Raises `Conflict` for an invoice that takes no credit note of ours, `InvalidInput` for an amount."""
    refuse_uncreditable(number=number, gateway=gateway, state=state)
    if not any(left.values()):
        raise Conflict("nothing_to_credit", f"{number} has been credited in full. See its credit notes.")
    for line_id, amount in asked.items():
        if line_id not in left:
            raise InvalidInput("line_unknown", f"Lines: {number} has no such line to credit. Open it again.")
        name, most = labels.get(line_id, "line"), Money(left[line_id], currency)
        if amount < 0:
            raise InvalidInput(
                "line_negative", f"{name}: it cannot be below zero. Enter it without a minus.",
                field=f"line_{line_id}",
            )  # fmt: skip
        if amount > left[line_id]:
            raise InvalidInput(
                "line_above_creditable",
                f"{name}: {Money(amount, currency)} is more than the {most} left of it. "
                f"Enter {most} or less.",
                field=f"line_{line_id}",
            )
    if not any(asked.values()):
        raise InvalidInput("nothing_asked", "Lines: enter how much goes back on at least one of them.")


def _groups(lines: Iterable[Line]) -> dict[tuple[Decimal | None, str], list[Line]]:
    found: dict[tuple[Decimal | None, str], list[Line]] = {}
    for line in lines:
        found.setdefault((line.rate, line.treatment), []).append(line)
    return found


def _shares(off: int, weights: list[int]) -> list[int]:
    if not off or not weights:
        return [0] * len(weights)
    if off >= sum(weights):
        return weights
    # Which currency does not matter to the shares.
    return [share.minor for share in allocate(Money(off, "EUR"), weights)]
