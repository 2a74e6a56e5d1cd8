"""How history reads what people did with credits."""

from billing.history.models import HistoryEntry
from dashboard.actions import credit_words as words
from dashboard.actions.timeline import Said, register

VERBS = {
    "granted": ("granted", "coins"),
    "taken_back": ("taken back", "arrow-back-up"),
    "transferred": ("transferred to another unit", "arrow-right"),
    "reversed": ("of a movement undone", "arrow-back-up"),
    "clawed_back": ("clawed back", "arrow-back-up"),
}


def _amount(entry: HistoryEntry) -> str:
    facts = entry.facts
    minor, unit = facts.get("amount"), facts.get("unit")
    if minor is None and entry.amount_minor is not None:
        minor, unit = entry.amount_minor, "money"
    if minor is None or unit not in ("tokens", "ai_requests", "money"):
        return "Credits"
    return words.amount(unit, facts.get("currency") or entry.currency, abs(minor))


def _said(entry: HistoryEntry) -> Said:
    verb, icon = VERBS[entry.kind.removeprefix("credits.")]
    source = entry.facts.get("source", "")
    return Said(f"{_amount(entry)} {verb}{f' as {source}' if source else ''}", icon)


for kind in VERBS:
    register("", f"credits.{kind}", _said)
register("", "credits.expiry_moved", lambda entry: Said("The end of credits was moved", "calendar-time"))
