"""Monthly recurring revenue: what an item is worth in a month, and what a change of it is called."""

from fractions import Fraction
from typing import Literal, NamedTuple

from billing.money import round_half_away

__all__ = ["Cause", "Kind", "Movement", "Unit", "classify_movement", "monthly_minor"]

type Unit = Literal["day", "week", "month", "year"]
type Kind = Literal["new", "expansion", "contraction", "churn", "reactivation", "fx"]
type Cause = Literal["changed", "paused", "resumed", "fx"]

MONTHS = {
    "day": Fraction(365, 12),
    "week": Fraction(52, 12),
    "month": Fraction(1),
    "year": Fraction(1, 12),
}


class Movement(NamedTuple):
    """A change in MRR; the amount is signed, so that movements add up to the change."""

    kind: Kind
    amount_minor: int


def monthly_minor(
    unit_amount_minor: int, quantity: int, unit: Unit, count: int, *, discount_minor: int = 0
) -> int:
    """An item's MRR in minor units: annual / 12, quarterly / 3, week × 52 / 12, day × 365 / 12.

    `discount_minor` is what discounts that last for ever take off the item in each of its periods.
    Rounded once, half away from zero. Count below one, anything negative: ValueError.
    """
    if count < 1:
        raise ValueError(f"an interval is at least one {unit}, not {count}")
    if unit_amount_minor < 0 or quantity < 0 or discount_minor < 0:
        raise ValueError("a recurring item has an amount, a quantity and a discount of zero or more")
    per_period = max(0, unit_amount_minor * quantity - discount_minor)
    return round_half_away(per_period * MONTHS[unit] / count)


def classify_movement(before: int, after: int, ever_paid: bool, cause: Cause = "changed") -> list[Movement]:
    """What a customer's MRR in one currency did, going from `before` to `after` minor units.

    First ever above zero is new, from zero again reactivation, to zero churn, all else expansion or
    contraction. A pause is contraction even when it goes to zero and a resume expansion even when it
    comes from there, since the customer never left; one who then leaves while paused has no MRR left to
    churn. `fx` is the change of rate and nothing else. `ever_paid` says whether the customer has had MRR
    before. No change gives no movement.
    """
    if before < 0 or after < 0:
        raise ValueError("MRR is zero or more")
    if before == after:
        return []
    return [Movement(_kind(before, after, ever_paid, cause), after - before)]


def _kind(before: int, after: int, ever_paid: bool, cause: Cause) -> Kind:
    if cause == "fx":
        return "fx"
    if before == 0 and not ever_paid:
        return "new"
    if before == 0 and cause != "resumed":
        return "reactivation"
    if after == 0 and cause != "paused":
        return "churn"
    return "expansion" if after > before else "contraction"
