"""History as sentences: "Payment of 99.00 EUR succeeded", with who and why.

A noun that has kinds of entries of its own registers how they read:

    register("refund", "note", lambda entry: Said("Note added", "note"))
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from billing.history.models import HistoryEntry
from billing.money import Money, format_amount
from dashboard.parts.entries import Moment
from dashboard.parts.states import STATES, State
from dashboard.parts.viewer import current_locale


@dataclass(frozen=True, slots=True)
class Said:
    """How an entry reads; a tone only where a state changed."""

    sentence: str
    icon: str = "circle-dot"
    tone: str = ""
    url: str = ""


Sayer = Callable[[HistoryEntry], Said]
_sayers: dict[tuple[str, str], Sayer] = {}

NOUNS = {
    "subscriptionitem": "Subscription item",
    "checkoutsession": "Checkout",
    "paymentmethod": "Payment method",
    "creditnote": "Credit note",
    "trialstart": "Trial",
}
MACHINES = {"webhookevent": "webhook"}

#: How a state entry reads after its noun and amount; others read "… is <label> now".
BECAME = {
    ("payment", "succeeded"): "succeeded",
    ("payment", "failed"): "failed",
    ("payment", "requires_action"): "waits for the customer",
    ("payment", "unknown"): "has no known outcome",
    ("payment", "pending"): "was started",
    ("payment", "authorized"): "was authorized",
    ("payment", "canceled"): "was canceled",
    ("payment", "reversed"): "was reversed by the gateway",
    ("refund", "draft"): "was drafted",
    ("refund", "pending_approval"): "waits for approval",
    ("refund", "approved"): "was approved",
    ("refund", "submitting"): "is being sent to the gateway",
    ("refund", "pending"): "is pending at the gateway",
    ("refund", "requires_action"): "waits for the customer",
    ("refund", "succeeded"): "succeeded",
    ("refund", "failed"): "failed",
    ("refund", "rejected"): "was rejected",
    ("refund", "withdrawn"): "was withdrawn",
    ("refund", "expired"): "expired unapproved",
    ("refund", "canceled"): "was canceled",
    ("approval", "requested"): "was asked for",
    ("approval", "approved"): "was approved",
    ("approval", "executed"): "was done",
    ("approval", "failed"): "could not be done",
    ("approval", "rejected"): "was rejected",
    ("approval", "withdrawn"): "was withdrawn",
    ("approval", "expired"): "ran out of time",
    ("approval", "voided"): "was voided",
    ("message", "waiting"): "waits for a decision",
    ("message", "queued"): "was queued",
    ("message", "sending"): "is being sent",
    ("message", "sent"): "was sent",
    ("message", "failed"): "failed",
    ("message", "canceled"): "was not sent",
    ("dispute", "warning"): "was announced by an early warning",
    ("dispute", "warning_closed"): "came to nothing",
    ("dispute", "prevented"): "was prevented",
    ("dispute", "needs_response"): "needs a response",
    ("dispute", "under_review"): "is under review",
    ("dispute", "won"): "was won",
    ("dispute", "lost"): "was lost",
    ("invoice", "draft"): "was drafted",
    ("invoice", "open"): "was issued",
    ("invoice", "paid"): "was paid",
    ("invoice", "void"): "was voided",
    ("invoice", "uncollectible"): "was written off",
    ("trialstart", "started"): "started",
    ("trialstart", "converted"): "converted",
    ("trialstart", "ended"): "ended without a purchase",
    ("trialstart", "canceled"): "was given up",
    ("incident", "recorded"): "was recorded",
    ("incident", "credited"): "is being credited",
    ("incident", "withdrawn"): "was withdrawn",
    ("commitment", "agreed"): "binds",
    ("commitment", "canceling"): "was canceled; its end is being set",
    ("commitment", "confirmed"): "ends with its term",
    ("commitment", "at_risk"): "may bill beyond its term",
    ("commitment", "ended"): "ended",
    ("commitment", "released"): "was released early",
    ("subscription", "incomplete"): "waits for its first payment",
    ("subscription", "trialing"): "began its trial",
    ("subscription", "active"): "became active",
    ("subscription", "past_due"): "is past due",
    ("subscription", "expired"): "expired unpaid",
    ("subscription", "canceled"): "ended",
}

KINDS = {
    "note": ("Note", "note"),
    "seen": ("Seen", "eye"),
    "assigned": ("Assigned", "user-check"),
    "snoozed": ("Snoozed", "clock-pause"),
    "tagged": ("Tags changed", "tag"),
    "created": ("Recorded", "circle-plus"),
    "imported": ("Imported", "database-import"),
    "changed": ("Changed", "pencil"),
}


def register(subject_kind: str, kind: str, sayer: Sayer) -> None:
    """Says how entries of this kind about this noun read; the subject "" means every noun."""
    _sayers[subject_kind, kind] = sayer


def moments(entries: Iterable[HistoryEntry]) -> list[Moment]:
    """Entries as lines of "What happened"."""
    return [_moment(entry) for entry in entries]


def _moment(entry: HistoryEntry) -> Moment:
    said = _said(entry)
    return Moment(
        sentence=said.sentence,
        at=entry.at,
        icon=said.icon,
        tone=said.tone,
        who=entry.actor_name,
        reason=entry.reason,
        url=said.url,
    )


def _said(entry: HistoryEntry) -> Said:
    for key in ((entry.subject_kind, entry.kind), ("", entry.kind)):
        if key in _sayers:
            return _sayers[key](entry)
    if entry.kind == "state":
        return _state(entry)
    label, icon = KINDS.get(entry.kind, (entry.kind.replace("_", " ").capitalize(), "circle-dot"))
    amount = _of_amount(entry)
    return Said(f"{_noun(entry)}{amount} {label[0].lower()}{label[1:]}" if amount else label, icon)


def _state(entry: HistoryEntry) -> Said:
    state = _shown(entry)
    what = f"{_noun(entry)}{_of_amount(entry)}"
    became = BECAME.get((entry.subject_kind, entry.to_state))
    sentence = f"{what} {became}" if became else f"{what} is {state.label.lower()} now"
    return Said(sentence, state.icon, state.tone if state.tone != "idle" else "")


def _shown(entry: HistoryEntry) -> State:
    machine = MACHINES.get(entry.subject_kind, entry.subject_kind)
    known = STATES.get(machine, {}).get(entry.to_state)
    return known or State(machine, entry.to_state, entry.to_state.replace("_", " "), "", "circle-dot")


def _noun(entry: HistoryEntry) -> str:
    return NOUNS.get(entry.subject_kind, entry.subject_kind.capitalize())


def _of_amount(entry: HistoryEntry) -> str:
    if entry.amount_minor is None or not entry.currency:
        return ""
    money = Money(entry.amount_minor, entry.currency)
    return f" of {format_amount(money.minor, money.currency, current_locale())} {money.currency}"
