"""What a part of a period costs: exact shares, rounded once."""

from billing.proration.rules import Basis, DayOwner, RoundingMode, prorate, share, split

__all__ = ["Basis", "DayOwner", "RoundingMode", "prorate", "share", "split"]
