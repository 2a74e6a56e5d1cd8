"""One amount shared out so that the parts always add up to it."""

from collections.abc import Sequence
from fractions import Fraction

from billing.money.amount import Money
from billing.money.rounding import Exact, exact

__all__ = ["allocate"]


def allocate(money: Money, weights: Sequence[Exact]) -> list[Money]:
    """Shares in proportion to the weights, in their order, by largest remainder; ties go to the first.

    Every share is within one minor unit of its exact value, a zero weight gets nothing, and a negative
    amount is shared like its mirror image. With all weights zero the shares are equal.
    No weights, or a negative one: ValueError.
    """
    shares = [exact(weight) for weight in weights]
    if not shares:
        raise ValueError("an amount cannot be shared among nobody")
    if any(share < 0 for share in shares):
        raise ValueError("weights are zero or more")
    whole = sum(shares, Fraction(0))
    if whole == 0:
        shares, whole = [Fraction(1)] * len(shares), Fraction(len(shares))
    ideal = [abs(money.minor) * share / whole for share in shares]
    parts = [int(part) for part in ideal]
    left = abs(money.minor) - sum(parts)
    # sorted() is stable, so equal remainders keep the order they came in.
    for place in sorted(range(len(parts)), key=lambda i: parts[i] - ideal[i])[:left]:
        parts[place] += 1
    sign = -1 if money.minor < 0 else 1
    return [Money(sign * part, money.currency) for part in parts]
