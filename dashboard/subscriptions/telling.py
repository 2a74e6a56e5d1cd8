"""How the entries of a subscription's history read."""

from datetime import date, datetime
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


def _renewed(entry: Any) -> Said:
    try:
        until = full_day(datetime.fromisoformat(str(entry.facts.get("to", ""))).date())
    except ValueError:  # quiet: the period is not told
        return Said("Renewed", "repeat")
    return Said(f"Renewed until {until}", "repeat")


def _settled(entry: Any) -> Said:
    label = entry.facts.get("invoice")
    told = f"What it used last is billed on {label}" if label else "What it used last costs nothing"
    return Said(told, "gauge")


def _plan(entry: Any) -> Said:
    before, after = (entry.facts.get(word) or {} for word in ("before", "after"))
    was, now = before.get("plan"), after.get("plan")
    return Said(f"Moved from {was} to {now}" if was and now else "Plan changed", "arrows-left-right")


def _plan_later(entry: Any) -> Said:
    after = entry.facts.get("after") or {}
    return Said(f"A change to {after.get('plan', 'another plan')} was planned", "calendar-plus")


def _started(entry: Any) -> Said:
    plan = (entry.facts.get("after") or {}).get("plan")
    return Said(f"Began with {plan}" if plan else "Began", "circle-plus")


def _canceled(entry: Any) -> Said:
    after = entry.facts.get("after") or {}
    try:
        ends = full_day(datetime.fromisoformat(str(after.get("ends_at") or "")).date())
    except ValueError:  # quiet: it ended at once
        return Said("Was canceled", "calendar-x")
    return Said(f"Cancellation was asked for, to end on {ends}", "calendar-x")


register("subscription", "plan", _plan)
register("subscription", "plan_later", _plan_later)
register("subscription", "start", _started)
register("subscription", "cancel", _canceled)
register("subscription", "undo_plan", lambda entry: Said("The planned change was undone", "arrow-back-up"))
register("subscription", "undo_cancel", lambda entry: Said("Cancellation was undone", "repeat"))
register("subscription", "pause", lambda entry: Said("Was paused", "player-pause"))
register("subscription", "resume", lambda entry: Said("Was resumed", "player-play"))
register("subscription", "extend_trial", lambda entry: Said("The trial was extended", "calendar-plus"))
register("subscription", "move_date", lambda entry: Said("The billing date was moved", "calendar"))
register("subscription", "renewed", _renewed)
register("subscription", "usage_settled", _settled)
register("subscription", "tier_changed", _tier)
register("subscription", "price_changed", _price)
register("subscription", "seats_changed", _seats)
register("subscription", "cancellation_asked", _cancellation)
register("subscription", "end_held", lambda entry: Said(entry.reason.rstrip("."), "calendar-check"))
register("subscription", "end_refused", lambda entry: Said(entry.reason.rstrip("."), "alert-circle"))
register("subscription", "end_unanswered", lambda entry: Said("Its gateway did not answer", "alert-circle"))
register("subscription", "cancellation_withdrawn", lambda entry: Said("Cancellation was withdrawn", "repeat"))
