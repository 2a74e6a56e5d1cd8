"""What may be done with a subscription now, and why the rest may not."""

from typing import Any

from billing.subscriptions.changes import PendingChange
from billing.subscriptions.changing import CHANGEABLE
from billing.subscriptions.gateway_ends.asking import why_no_end
from billing.subscriptions.models import CollectedBy, Subscription
from billing.subscriptions.reactivating import why_not_again
from billing.subscriptions.rules import TERMINAL
from dashboard.access import may
from dashboard.actions.offers import offer
from dashboard.parts.entries import Action

MAY = "subscriptions.manage"


def actions_of(subscription: Subscription, planned: PendingChange | None, user: Any) -> list[Action]:
    """The actions of a page's header, the likeliest first."""
    why = refusals(subscription, planned)

    def one(name: str, label: str, icon: str, kind: str = "") -> list[Action]:
        refused = why[name] or not may(user, MAY)
        shown = "" if kind == "primary" and refused else kind
        return offer(
            user, label, f"subscriptions:{name}", (subscription.reference,), permission=MAY,
            refusal=why[name], icon=icon, kind=shown,
        )  # fmt: skip

    if subscription.state in TERMINAL:
        return one("restart", "Start it again…", "repeat", "primary")
    found = one("change", "Change the plan…", "arrows-left-right", "primary")
    if planned is not None:
        found += one("undo_change", "Undo the planned change…", "arrow-back-up", "quiet")
    if subscription.state == "paused":
        found += one("resume", "Resume…", "player-play")
    else:
        found += one("pause", "Pause…", "player-pause", "quiet")
    if subscription.state == "trialing":
        found += one("extend_trial", "Extend the trial…", "calendar-plus", "quiet")
    else:
        found += one("move_date", "Move the billing date…", "calendar", "quiet")
    if subscription.cancel_at is not None or subscription.cancel_at_period_end:
        found += one("undo_cancel", "Undo the cancellation…", "arrow-back-up")
    else:
        found += one("cancel", "Cancel…", "calendar-x")
    return found


def refusals(subscription: Subscription, planned: PendingChange | None) -> dict[str, str]:
    """Why each action is refused, in a sentence; empty where it is not."""
    everything = [
        "change", "undo_change", "pause", "resume", "extend_trial", "move_date", "undo_cancel", "cancel",
    ]  # fmt: skip
    at_gateway = subscription.collected_by != CollectedBy.US
    if at_gateway:
        whole = "The gateway collects it: change it there, the desk follows."
    elif subscription.state in TERMINAL:
        whole = "It has ended. Start it again to go on."
    else:
        whole = ""
    why = dict.fromkeys(everything, whole)
    why["restart"] = why_not_again(subscription) if subscription.state in TERMINAL else "It has not ended."
    if at_gateway:
        why["cancel"] = why["undo_cancel"] = why_no_end(subscription)
    if whole:
        return why
    state = subscription.get_state_display().lower()
    ends = subscription.cancel_at is not None
    if subscription.state not in CHANGEABLE:
        why["change"] = why["move_date"] = f"It is {state}: it has to run first."
    if ends:
        why["move_date"] = why["pause"] = "It is to end: undo the cancellation first."
    if subscription.state == "trialing":
        why["move_date"] = "It is in its trial: extend that instead."
    if subscription.state != "active" and not why["pause"]:
        why["pause"] = f"It is {state}: only an active one can be paused."
    if subscription.state != "paused":
        why["resume"] = "It is not paused."
    if subscription.state == "incomplete":
        why["cancel"] = "It has not begun: it ends by itself."
    if planned is None:
        why["undo_change"] = "No change is planned."
    return why
