"""What a commitment's page and its peek say: until when it binds, and whether its end will hold."""

from typing import Any

from django.utils import timezone

from billing.history.queries import timeline_of
from billing.subscriptions.commitments.canceling import why_not_cancel
from billing.subscriptions.commitments.models import RUNNING, Commitment
from billing.subscriptions.commitments.setting import collector
from billing.subscriptions.listing import monthly_of, plan_of
from billing.subscriptions.models import CollectedBy
from dashboard.actions.offers import offer
from dashboard.actions.related import link
from dashboard.actions.timeline import Said, moments, register
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Fact, Moment, Notice
from dashboard.parts.formatting import full_day

register("commitment", "unreachable", lambda entry: Said("The gateway could not be reached", "plug-x"))


def context(commitment: Commitment, user: Any) -> dict[str, Any]:
    """Everything the page shows."""
    customer, subscription = commitment.customer, commitment.subscription
    return {
        "commitment": commitment,
        "name": name_of(customer),
        "plan": plan_of(subscription),
        "monthly": monthly_of(subscription),
        "customer_url": link("customers:show", customer.reference, user, "customers.view"),
        "subscription_url": link("subscriptions:show", subscription.reference, user, "subscriptions.view"),
        "facts": facts(commitment),
        "watch": watched(commitment),
        "actions": actions(commitment, user),
        "notices": notices(commitment),
        "entries": story(commitment),
    }


def facts(commitment: Commitment) -> list[Fact]:
    left = (commitment.ends_on - timezone.localdate()).days
    days = f"{left} day{'' if left == 1 else 's'} left" if left > 0 and commitment.state in RUNNING else ""
    return [
        Fact("Starts", commitment.starts_on),
        Fact("Ends", commitment.ends_on, note=days),
        Fact("Then", "begins again" if commitment.renews else "goes on without a term"),
        Fact("Agreed", commitment.created_at, note=f"recorded by {commitment.agreed_by_name}"),
        Fact("Collected by", collector(commitment.subscription)),
    ]


def watched(commitment: Commitment) -> list[Fact]:
    """What is known of the end where it is collected; empty for one that nobody canceled."""
    if commitment.cancel_asked_at is None:
        return []
    return [
        Fact("Canceled", commitment.cancel_asked_at, note=commitment.get_cancel_asked_by_display()),
        Fact("Must end", commitment.ends_at),
        Fact(
            "Is set to end",
            commitment.told_cancel_at,
            why=f"{collector(commitment.subscription)} has told no end for it.",
        ),
        Fact("Found", commitment.found or "not looked at yet"),
        Fact("Looked at", commitment.watched_at, why="The gateway has not answered yet."),
        *([Fact("Looks again", commitment.watch_at)] if commitment.watch_at else []),
    ]


def actions(commitment: Commitment, user: Any) -> list[Action]:
    if commitment.state not in RUNNING:
        return []
    args, may = [commitment.reference], "commitments.manage"
    offered: list[Action] = []
    if commitment.state == "at_risk":
        offered += offer(user, "Set the end again…", "commitments:set_again", args, permission=may,
                         icon="refresh", kind="primary")  # fmt: skip
    if commitment.cancel_asked_at is None:
        offered += offer(user, "Cancel…", "commitments:cancel", args, permission=may, icon="calendar-x",
                         refusal=why_not_cancel(commitment))  # fmt: skip
    else:
        offered += offer(user, "Keep the customer…", "commitments:undo", args, permission=may,
                         icon="arrow-back-up")  # fmt: skip
    return [
        *offered,
        *offer(user, "Release early…", "commitments:release", args, permission=may, icon="lock-open",
               kind="quiet"),
    ]  # fmt: skip


def notices(commitment: Commitment) -> list[Notice]:
    """The sentence that changes what one does."""
    day = full_day(commitment.ends_on)
    if commitment.state == "at_risk":
        return [
            Notice(
                f"It may bill beyond {day}",
                f"{commitment.found} Set the end again here; the watch looks every hour.",
                "bad",
            )
        ]
    if commitment.state == "canceling":
        return [
            Notice(
                f"It was canceled; the end on {day} is being set at {collector(commitment.subscription)}",
                commitment.found or "It is read back as soon as the gateway has answered.",
                "move",
            )
        ]
    if commitment.state == "confirmed":
        return [Notice(f"It was canceled and ends on {day}", commitment.found, "wait", "calendar-x")]
    if commitment.state == "agreed" and commitment.subscription.collected_by == CollectedBy.GATEWAY:
        return [
            Notice(
                "Cancel it here, not at the gateway",
                "The gateway does not know of the term: ended there, it would end with its period.",
                "idle",
            )
        ]
    return []


def story(commitment: Commitment) -> list[Moment]:
    return moments(timeline_of(commitment)) or [Moment("Agreed", commitment.created_at, "circle-plus")]


def peek_context(commitment: Commitment, user: Any) -> dict[str, Any]:
    """What stands at the side of the list about one commitment."""
    customer, subscription = commitment.customer, commitment.subscription
    return {
        "commitment": commitment,
        "monthly": monthly_of(subscription),
        "pairs": [
            Fact(
                "Customer",
                name_of(customer)[0],
                url=link("customers:show", customer.reference, user, "customers.view"),
            ),
            Fact(
                "Subscription",
                subscription.reference,
                url=link("subscriptions:show", subscription.reference, user, "subscriptions.view"),
            ),
            Fact("Plan", plan_of(subscription)),
            *facts(commitment),
        ],
        "notices": notices(commitment),
        "entries": story(commitment)[:6],
        "peek_actions": [each for each in actions(commitment, user) if each.kind != "quiet"],
    }
