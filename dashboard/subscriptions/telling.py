"""How the entries of a subscription's history read."""

from datetime import date
from typing import Any

from dashboard.actions.timeline import Said, register
from dashboard.parts.formatting import full_day


def _tier(entry: Any) -> Said:
    before, after = (str(entry.facts.get(word, "")).capitalize() for word in ("before", "after"))
    return Said(
        f"Moved from {before} to {after}" if before and after else "Tier changed", "arrows-left-right"
    )


def _price(entry: Any) -> Said:
    version = entry.facts.get("version")
    return Said(f"Moved to price v{version}" if version else "Price changed", "tag")


def _seats(entry: Any) -> Said:
    seats = entry.facts.get("seats")
    return Said(f"Seats changed to {seats}" if seats else "Seats changed", "users")


def _cancellation(entry: Any) -> Said:
    try:
        ends = full_day(date.fromisoformat(str(entry.facts.get("ends_on", ""))))
    except ValueError:  # quiet: the day is not told
        return Said("Cancellation was asked for", "calendar-x")
    return Said(f"Cancellation was asked for, to end on {ends}", "calendar-x")


register("subscription", "tier_changed", _tier)
register("subscription", "price_changed", _price)
register("subscription", "seats_changed", _seats)
register("subscription", "cancellation_asked", _cancellation)
register("subscription", "cancellation_withdrawn", lambda entry: Said("Cancellation was withdrawn", "repeat"))
