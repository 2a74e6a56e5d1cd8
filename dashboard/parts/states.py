"""Every state a person can meet, once: machine and value to label, tone and icon.

The tone says what it asks of the reader: `wait` and `bad` need a person, `look` is unknown or from outside,
`move` is under way, `ok` went well, `idle` is over or has not begun.
"""

from dataclasses import dataclass

from dashboard.parts.strictness import strict


@dataclass(frozen=True, slots=True)
class State:
    """How one value of one machine is shown: an icon in the tone, then the label in ink."""

    machine: str
    value: str
    label: str
    tone: str
    icon: str


TONES = ("ok", "move", "wait", "bad", "look", "idle")

_ROWS: dict[str, dict[str, tuple[str, str, str]]] = {
    "subscription": {
        "incomplete": ("Incomplete", "idle", "circle-dashed"),
        "trialing": ("In trial", "move", "circle-half-2"),
        "active": ("Active", "ok", "circle-filled"),
        "past_due": ("Past due", "wait", "alert-triangle-filled"),
        "unpaid": ("Unpaid", "bad", "circle-minus"),
        "paused": ("Paused", "idle", "player-pause-filled"),
        "canceled": ("Canceled", "idle", "ban"),
        "expired": ("Expired", "idle", "clock-off"),
    },
    "trialstart": {
        "started": ("Running", "move", "circle-half-2"),
        "converted": ("Converted", "ok", "circle-check-filled"),
        "ended": ("Ended", "idle", "clock-off"),
        "canceled": ("Canceled", "idle", "ban"),
    },
    "incident": {
        "recorded": ("Recorded", "wait", "plug-x"),
        "credited": ("Credited", "ok", "coins"),
        "withdrawn": ("Withdrawn", "idle", "arrow-back-up"),
    },
    "commitment": {
        "agreed": ("Agreed", "ok", "circle-check"),
        "canceling": ("End being set", "move", "loader"),
        "confirmed": ("Ends with its term", "wait", "calendar-x"),
        "at_risk": ("May bill beyond", "bad", "alert-triangle-filled"),
        "ended": ("Ended", "idle", "clock-off"),
        "released": ("Released early", "idle", "lock-open"),
    },
    "gatewayend": {
        "asked": ("Being asked for", "move", "loader"),
        "held": ("The gateway holds to it", "ok", "circle-check"),
        "refused": ("The gateway does not", "bad", "alert-triangle-filled"),
    },
    "invoice": {
        "draft": ("Draft", "idle", "circle-dashed"),
        "open": ("Open", "move", "circle-dot"),
        "paid": ("Paid", "ok", "circle-check-filled"),
        "void": ("Void", "idle", "ban"),
        "uncollectible": ("Uncollectible", "bad", "circle-minus"),
        # Derived: open, and its due day has passed.
        "overdue": ("Overdue", "wait", "alert-triangle-filled"),
    },
    "payment": {
        "pending": ("Pending", "move", "clock"),
        "authorized": ("Authorized", "move", "circle-half-2"),
        "requires_action": ("Needs the customer", "wait", "user-exclamation"),
        "succeeded": ("Succeeded", "ok", "circle-check-filled"),
        "failed": ("Failed", "bad", "circle-x-filled"),
        "unknown": ("Unknown", "look", "help-circle-filled"),
        "canceled": ("Canceled", "idle", "ban"),
        "reversed": ("Reversed", "bad", "arrow-back-up"),
    },
    "refund": {
        "draft": ("Draft", "idle", "circle-dashed"),
        "pending_approval": ("Waiting for approval", "wait", "hourglass"),
        "approved": ("Approved", "move", "thumb-up"),
        "submitting": ("Submitting", "move", "loader"),
        "pending": ("Pending at gateway", "move", "clock"),
        "requires_action": ("Needs the customer", "wait", "user-exclamation"),
        "succeeded": ("Succeeded", "ok", "circle-check-filled"),
        "failed": ("Failed", "bad", "circle-x-filled"),
        "rejected": ("Rejected", "idle", "circle-x"),
        "withdrawn": ("Withdrawn", "idle", "arrow-back-up"),
        "expired": ("Expired", "idle", "clock-off"),
        "canceled": ("Canceled", "idle", "ban"),
        # Beside its state: came from the gateway, and nobody has seen it yet.
        "unseen": ("External, unseen", "look", "eye-filled"),
    },
    "approval": {
        "requested": ("Requested", "wait", "hourglass"),
        "approved": ("Approved", "move", "thumb-up"),
        "executed": ("Executed", "ok", "circle-check-filled"),
        "failed": ("Failed", "bad", "circle-x-filled"),
        "rejected": ("Rejected", "idle", "circle-x"),
        "withdrawn": ("Withdrawn", "idle", "arrow-back-up"),
        "expired": ("Expired", "idle", "clock-off"),
        "voided": ("Voided by an edit", "idle", "ban"),
    },
    "message": {
        "waiting": ("Waits for a decision", "wait", "hourglass"),
        "queued": ("Queued", "move", "clock"),
        "sending": ("Sending", "move", "send"),
        "sent": ("Sent", "ok", "circle-check-filled"),
        "failed": ("Failed", "bad", "circle-x-filled"),
        "canceled": ("Not sent", "idle", "ban"),
    },
    "dispute": {
        "warning": ("Early warning", "wait", "alert-triangle-filled"),
        "warning_closed": ("Closed", "ok", "circle-check-filled"),
        "needs_response": ("Needs a response", "wait", "hourglass"),
        "under_review": ("Under review", "move", "clock"),
        "won": ("Won", "ok", "circle-check-filled"),
        "prevented": ("Prevented", "ok", "circle-check-filled"),
        "lost": ("Lost", "bad", "circle-x-filled"),
    },
    "payout": {
        "pending": ("Pending", "move", "clock"),
        "in_transit": ("On its way", "move", "send"),
        "paid": ("Paid", "ok", "circle-check-filled"),
        "failed": ("Failed", "bad", "circle-x-filled"),
        "canceled": ("Canceled", "idle", "ban"),
    },
    "checkoutsession": {
        "starting": ("Being made", "move", "clock"),
        "open": ("Open", "move", "circle-dot"),
        "complete": ("Complete", "ok", "circle-check-filled"),
        "expired": ("Abandoned", "idle", "clock-off"),
        "failed": ("Refused", "bad", "circle-x-filled"),
    },
    "dunning": {
        "open": ("Open", "wait", "circle-dot"),
        "retrying": ("Retrying", "move", "refresh"),
        "grace": ("In grace", "wait", "hourglass"),
        "exhausted": ("Exhausted", "bad", "alert-triangle-filled"),
        "written_off": ("Written off", "idle", "circle-minus"),
        "recovered": ("Recovered", "ok", "circle-check-filled"),
        "closed": ("Closed", "idle", "check"),
        "paused": ("Paused", "idle", "player-pause-filled"),
    },
    "webhook": {
        "received": ("Received", "move", "circle-dot"),
        "processing": ("Processing", "move", "loader"),
        "processed": ("Processed", "ok", "circle-check-filled"),
        "failed": ("Failed, will retry", "wait", "alert-triangle-filled"),
        "ignored": ("Ignored", "idle", "eye-off"),
        "dead": ("Dead", "bad", "circle-x-filled"),
    },
    "discrepancy": {
        "open": ("Open", "wait", "circle-dot"),
        "investigating": ("Investigating", "move", "zoom-question"),
        "resolved": ("Resolved", "ok", "circle-check-filled"),
        "accepted": ("Accepted as is", "idle", "check"),
        "auto_fixed": ("Fixed by rule", "ok", "bolt-filled"),
        "vanished": ("Vanished", "idle", "ghost"),
    },
    "price_change": {
        "draft": ("Draft", "idle", "circle-dashed"),
        "simulated": ("Simulated", "move", "flask"),
        "pending_approval": ("Waiting for approval", "wait", "hourglass"),
        "scheduled": ("Scheduled", "move", "calendar-time"),
        "notifying": ("Notifying", "move", "send"),
        "canary": ("Canary", "move", "loader"),
        "canary_wait": ("Waiting for a yes", "wait", "hourglass"),
        "applying": ("Applying", "move", "loader"),
        "paused": ("Paused", "idle", "player-pause-filled"),
        "applied": ("Applied", "ok", "circle-check-filled"),
        "canceled": ("Canceled", "idle", "ban"),
        "canceled_rest": ("Rest canceled", "idle", "ban"),
        "undoing": ("Undoing", "move", "loader"),
        "undone": ("Undone", "idle", "arrow-back-up"),
    },
    "item": {
        "planned": ("Planned", "idle", "circle-dashed"),
        "notified": ("Notified", "move", "send"),
        "applied": ("Applied", "ok", "circle-check-filled"),
        "skipped": ("Skipped", "idle", "player-skip-forward"),
        "failed": ("Failed", "bad", "circle-x-filled"),
        "canceled": ("Canceled", "idle", "ban"),
        "undone": ("Undone", "idle", "arrow-back-up"),
    },
    # Long work: an import, an export, a bulk action, a job.
    "run": {
        "queued": ("Queued", "idle", "circle-dashed"),
        "running": ("Running", "move", "loader"),
        "paused": ("Paused", "idle", "player-pause-filled"),
        "done": ("Done", "ok", "circle-check-filled"),
        "failed": ("Failed", "bad", "circle-x-filled"),
        "canceled": ("Canceled", "idle", "ban"),
    },
}

STATES: dict[str, dict[str, State]] = {
    machine: {value: State(machine, value, *row) for value, row in rows.items()}
    for machine, rows in _ROWS.items()
}

NAMES = {
    "gatewayend": "End at a gateway",
    "trialstart": "Trial",
    "dunning": "Dunning case",
    "webhook": "Webhook event",
    "price_change": "Price change",
    "item": "Price change item",
    "run": "Long work",
}


class UnknownState(LookupError):
    """A machine or a value that the table does not have; its message lists what it has."""


def state_of(machine: str, value: str) -> State:
    """How this value is shown. An unknown one raises here, and in production shows its raw word."""
    value = str(value)
    known = STATES.get(machine, {})
    if value in known:
        return known[value]
    if strict():
        raise UnknownState(f"{machine!r} has no state {value!r}; it has {', '.join(known) or 'no states'}")
    return State(machine, value, value.replace("_", " "), "look", "help-circle-filled")


def machine_name(machine: str) -> str:
    """The machine in a person's words, for headings and filters."""
    return NAMES.get(machine, machine.replace("_", " ").capitalize())


def choices(machine: str) -> list[tuple[str, str]]:
    """Value and label of each state of a machine in its natural order, for a filter or a form."""
    return [(state.value, state.label) for state in STATES[machine].values()]
