"""What entries of the trail say, and which actions one can look for."""

from billing.audit.queries import actions_in_use
from billing.history.models import HistoryEntry
from dashboard.actions.timeline import moments
from dashboard.audit.nouns import noun
from dashboard.parts.states import STATES

GOODWILL = "credits/goodwill"
MACHINES = {"webhookevent": "webhook"}
CREDITS = {
    "granted": "Credits granted",
    "taken_back": "Credits taken back",
    "reversed": "Movement of credits reversed",
    "transferred": "Credits transferred",
    "expiry_moved": "Expiry of credits moved",
}
SEAL = {
    "verified": "The trail was verified, and holds",
    "verification_failed": "The trail was verified, and does not hold",
    "head_mailed": "The head was mailed to the auditor",
}


def sentence(entry: HistoryEntry) -> str:
    """The entry as a person reads it."""
    if entry.subject_kind == "auditseal" and entry.kind in SEAL:
        return SEAL[entry.kind]
    said = moments([entry])[0].sentence
    if said.startswith("Credits."):
        kind = entry.kind.removeprefix("credits.")
        said = CREDITS.get(kind, f"Credits: {kind.replace('_', ' ')}")
        source = entry.facts.get("source")
        return f"{said} as {str(source).replace('_', ' ')}" if source else said
    return said


def actions() -> list[tuple[str, str]]:
    """Every action that occurs, by noun; goodwill credits are one of their own."""
    found = [(_value(*each), _label(*each)) for each in actions_in_use()]
    found.append((GOODWILL, "Credits: goodwill given"))
    return sorted(found, key=lambda each: each[1].lower())


def split(value: str) -> tuple[str, str, str]:
    """Noun, kind and state of an action in the address: "refund/state/failed"."""
    subject_kind, kind, to_state = [*value.split("/"), "", ""][:3]
    return subject_kind, kind, to_state


def _value(subject_kind: str, kind: str, to_state: str) -> str:
    return "/".join((subject_kind, kind, to_state)).rstrip("/")


def _label(subject_kind: str, kind: str, to_state: str) -> str:
    name = noun(subject_kind)
    if kind == "state":
        known = STATES.get(MACHINES.get(subject_kind, subject_kind), {}).get(to_state)
        return f"{name}: became {known.label.lower() if known else to_state.replace('_', ' ')}"
    words = kind.rpartition(".")[2].replace("_", " ")
    return f"{name}: {words}" + (f", {to_state.replace('_', ' ')}" if to_state else "")
