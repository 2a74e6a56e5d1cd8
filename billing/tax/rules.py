"""Which country's VAT an invoice bears, at which rate, and why. Pure."""

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Decision"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The country whose rules apply, the rate in percent (None where no VAT is ours to charge), and why."""

    country: str
    rate: Decimal | None
    treatment: str
    why: str
