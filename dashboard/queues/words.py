"""How assigning, snoozing and following up read in "What happened", whatever they are about."""

from collections.abc import Callable
from datetime import date, datetime

from billing.history.models import HistoryEntry
from dashboard.actions.timeline import Said, register
from dashboard.parts.formatting import full_day, full_moment


def _assigned(entry: HistoryEntry) -> Said:
    to = entry.facts.get("to", "")
    return Said(f"Assigned to {to}" if to else "Assigned to nobody", "user-check")


def _snoozed(entry: HistoryEntry) -> Said:
    until = _read(datetime.fromisoformat, entry.facts.get("until", ""))
    return Said(f"Asleep until {full_moment(until)}" if until else "Put to sleep", "clock-pause")


def _to_follow_up(entry: HistoryEntry) -> Said:
    on = _read(date.fromisoformat, entry.facts.get("on", ""))
    return Said(f"To follow up on {full_day(on)}" if on else "To follow up", "calendar")


def _read[T](reader: Callable[[str], T], text: str) -> T | None:
    try:
        return reader(text) if text else None
    except ValueError:  # quiet: an entry that names no readable day says so without one
        return None


def announce() -> None:
    """Makes these words known; once, when the site starts."""
    register("", "assigned", _assigned)
    register("", "snoozed", _snoozed)
    register("", "woken", lambda entry: Said("Woken", "clock-play"))
    register("", "follow_up", _to_follow_up)
    register("", "follow_up_done", lambda entry: Said("Followed up", "calendar-check"))
