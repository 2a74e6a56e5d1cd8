"""Ending a subscription that a gateway collects: it is asked, and the page tells what it answered."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from billing.payments.queries import gateway_name
from billing.subscriptions.gateway_ends.asking import ask_end, last_end
from billing.subscriptions.gateway_ends.models import GatewayEnd, Wanted
from billing.subscriptions.models import CollectedBy, Subscription
from dashboard.actions.dialog import Done
from dashboard.parts.entries import Effect, Notice
from dashboard.parts.formatting import full_day
from dashboard.subscriptions.effects import day
from dashboard.subscriptions.forms import LATER, NOW, AskForm, CancelForm

__all__ = ["cancel", "end_notices", "undo"]


def cancel(request: HttpRequest, subscription: Subscription, dialog: Any) -> HttpResponse:
    """The dialog for its end, with its period or now; ``dialog`` is that of every deed on a subscription."""
    who, ends = gateway_name(subscription.gateway), subscription.current_period_end
    choices = [(LATER, f"With its period, on {day(ends)}")] if ends else []
    choices.append((NOW, "Now"))

    def effects(form: Any) -> list[Effect]:
        now = (form.cleaned_data.get("when") or choices[0][0]) == NOW
        first = (
            Effect("It ends now, and access with it", f"{who} bills nothing more for it.", "calendar-x")
            if now or ends is None
            else Effect(f"It ends on {day(ends)}", "Until then it goes on as it is.", "calendar-x")
        )
        return [
            first,
            *_asked(who),
            Effect("Nothing is given back by this", "Refund a payment for that.", "cash"),
        ]

    def form(data: Any) -> CancelForm:
        made = CancelForm(data, choices=choices)
        del made.fields["give_back"]
        return made

    def perform(form: Any, **ask: Any) -> GatewayEnd:
        return ask_end(wanted=Wanted.NOW if form.cleaned_data["when"] == NOW else Wanted.LATER, **ask)

    return dialog(
        request,
        subscription,
        title="Cancel the subscription",
        form=form,
        effects=effects,
        primary=lambda form: "End it now" if form.cleaned_data.get("when") == NOW else "Let it end",
        perform=perform,
        done=lambda end: Done(f"{who} is asked to end it", "The page says when it has."),
        danger=True,
    )


def undo(request: HttpRequest, subscription: Subscription, dialog: Any) -> HttpResponse:
    """The dialog that lets it go on after all."""
    who = gateway_name(subscription.gateway)
    return dialog(
        request,
        subscription,
        title="Undo the cancellation",
        form=AskForm,
        effects=lambda form: [
            Effect("It goes on as if it had not been canceled", f"{who} bills its next period.", "repeat"),
            *_asked(who),
        ],
        primary="Keep it",
        perform=lambda form, **ask: ask_end(wanted=Wanted.NEVER, **ask),
        done=lambda end: Done(f"{who} is asked to let it go on", "The page says when it does."),
    )


def _asked(who: str) -> list[Effect]:
    return [Effect(f"{who} is asked, and read back", "The page says what it answered.", "send")]


def end_notices(subscription: Subscription) -> list[Notice]:
    """What is being asked of its gateway, or what the gateway would not do; by one query."""
    if subscription.collected_by != CollectedBy.GATEWAY:
        return []
    end = last_end(subscription)
    if end is None or end.state == "held":
        return []
    who = gateway_name(subscription.gateway)
    by = end.change.actor_name or "the worker"
    since = f"Asked for by {by} on {full_day(end.asked_at.date())}."
    if end.state == "asked":
        wish = {
            Wanted.NOW: "end it now",
            Wanted.LATER: f"end it on {day(end.ends_at)}" if end.ends_at else "end it",
            Wanted.NEVER: "let it go on",
        }[Wanted(end.wanted)]
        detail = f"{end.found} It is being asked again. {since}" if end.found else since
        return [Notice(f"{who} is being asked to {wish}", detail, "wait", "send")]
    if subscription.ended_at is not None:
        return []
    return [Notice(end.found, since, "bad")]
