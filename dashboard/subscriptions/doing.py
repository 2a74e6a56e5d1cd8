"""What can be done with a subscription: each a dialog that shows its effect first."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.billing_run.settling import usage_so_far
from billing.subscriptions import previews
from billing.subscriptions.canceling import bound_until, cancel_subscription
from billing.subscriptions.changing import Changed, change_subscription
from billing.subscriptions.doing import open_change
from billing.subscriptions.extending_trials import extend_trial as extend
from billing.subscriptions.listing import plan_of, subscription_by_reference
from billing.subscriptions.models import CollectedBy, Subscription
from billing.subscriptions.moving_dates import move_billing_date
from billing.subscriptions.pausing import pause_subscription
from billing.subscriptions.resuming import resume_subscription
from billing.subscriptions.undoing import undo_cancel as keep_it
from billing.subscriptions.undoing import undo_planned_change
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.lists.names import name_of
from dashboard.parts.entries import Effect
from dashboard.staff.actors import actor_of
from dashboard.subscriptions import gateway_ends
from dashboard.subscriptions.effects import Said, day, tell, tell_usage, told, with_amount
from dashboard.subscriptions.forms import (
    LATER,
    NOW,
    TERM,
    AskForm,
    CancelForm,
    ChangeForm,
    DateForm,
    PauseForm,
    at_time_of,
    prices_for,
)

MAY = "subscriptions.manage"
METHODS = ["GET", "HEAD", "POST"]


def subscription_or_404(reference: str) -> Subscription:
    found = subscription_by_reference(reference)
    if found is None:
        raise Http404(f"There is no subscription {reference}.")
    return found


def about(subscription: Subscription) -> dict[str, Any]:
    """What stands above every dialog of a subscription."""
    return {
        "subscription": subscription,
        "plan": plan_of(subscription),
        "name": name_of(subscription.customer),
    }


def _dialog(
    request: HttpRequest,
    subscription: Subscription,
    *,
    title: str,
    form: Callable[[Any], Any],
    effects: Callable[[Any], Said],
    primary: str | Callable[[Any], str],
    perform: Callable[..., Any],
    done: Callable[[Any], Done],
    danger: bool = False,
) -> HttpResponse:
    """A dialog whose deed gets who asked, why, the key and the time besides what its form says."""

    def deed(form: Any, key: str) -> Any:
        return perform(
            form,
            subscription_id=subscription.pk,
            asked_by=form.cleaned_data["asked_by"],
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
            key=key,
        )

    return act(
        request,
        template="dashboard/subscriptions/act.html",
        form=form,
        effects=effects,
        primary=primary if callable(primary) else lambda form: primary,
        perform=deed,
        done=done,
        back=reverse("subscriptions:show", args=[subscription.reference]),
        context={**about(subscription), "title": title, "danger": danger},
    )


@require_http_methods(METHODS)
@who_may(MAY)
def change(request: HttpRequest, reference: str) -> HttpResponse:
    """Another tier, interval or number of seats, now or with the next period."""
    subscription = subscription_or_404(reference)
    items = list(subscription.items.all())
    first = items[0] if items else None
    prices = prices_for(subscription.currency, [item.price_id for item in items])

    def effects(form: Any) -> Said:
        if form.wanted is None:
            return [
                Effect("Choose a plan and its seats", "Then this side tells what it does.", "list-details")
            ]
        price, seats = form.wanted
        later = form.cleaned_data.get("when") == LATER
        preview = partial(
            previews.preview_change, subscription, price_id=price, quantity=seats,
            when="period_end" if later else "now", now=timezone.now(),
        )  # fmt: skip
        return told(preview, partial(tell, charges=subscription.collection == "charge"), form)

    def perform(form: Any, **ask: Any) -> Changed:
        price, seats = form.wanted
        return change_subscription(price_id=price, quantity=seats, when=form.cleaned_data["when"], **ask)

    return _dialog(
        request,
        subscription,
        title="Change the plan",
        form=lambda data: ChangeForm(
            data, prices=prices, price=first.price_id if first else None, seats=first.quantity if first else 1
        ),
        effects=effects,
        primary=lambda form: (
            "Plan the change"
            if form.cleaned_data.get("when") == LATER
            else with_amount("Change it now", form)
        ),
        perform=perform,
        done=_changed,
    )


def _changed(made: Changed) -> Done:
    if made.planned is not None:
        return Done(f"The change comes on {day(made.planned.applies_at)}", "Until then it can be undone.")
    plan = made.change.after.get("plan", "")
    if made.invoice is None:
        return Done(f"It is on {plan} now", "Nothing was invoiced.")
    url = reverse("invoices:show", args=[made.invoice.reference])
    return Done(f"It is on {plan} now", url=url, link=f"Open {made.invoice.label}")


@require_http_methods(METHODS)
@who_may(MAY)
def cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """Its end: with its period, with its commitment, or now."""
    subscription = subscription_or_404(reference)
    if subscription.collected_by == CollectedBy.GATEWAY:
        return gateway_ends.cancel(request, subscription, _dialog)
    bound = bound_until(subscription.pk)
    ends = subscription.current_period_end
    choices = [(LATER, f"With its period, on {day(ends)}")] if ends else []
    if bound is not None and bound > timezone.now():
        choices = [(TERM, f"With its commitment, on {day(bound)}")]
    else:
        choices.append((NOW, "Now"))

    def effects(form: Any) -> Said:
        when = form.cleaned_data.get("when") or choices[0][0]
        at = {LATER: ends, TERM: bound, NOW: None}[when]
        preview = partial(
            previews.preview_cancel, subscription, ends_at=at,
            give_back=bool(form.cleaned_data.get("give_back")), now=timezone.now(),
        )  # fmt: skip
        last = f"It ends on {day(at)}" if at else "It ends now, and access with it"
        return [
            Effect(last, "Until then it goes on as it is." if at else "", "calendar-x"),
            *told(preview, tell),
            *tell_usage(usage_so_far(subscription, now=timezone.now()), now=at is None),
        ]

    return _dialog(
        request,
        subscription,
        title="Cancel the subscription",
        form=lambda data: CancelForm(data, choices=choices),
        effects=effects,
        primary=lambda form: "End it now" if form.cleaned_data.get("when") == NOW else "Let it end",
        perform=lambda form, **ask: cancel_subscription(
            when=form.cleaned_data["when"], give_back=form.cleaned_data.get("give_back", False), **ask
        ),
        done=_canceled,
        danger=True,
    )


def _canceled(row: Subscription) -> Done:
    if row.ended_at is not None:
        return Done(f"{row.reference} has ended", "Its customer can start it again at any time.")
    return Done(
        f"It ends on {day(row.cancel_at)}" if row.cancel_at else "It ends", "It can be undone until then."
    )


@require_http_methods(METHODS)
@who_may(MAY)
def undo_cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """It goes on after all."""
    subscription = subscription_or_404(reference)
    if subscription.collected_by == CollectedBy.GATEWAY:
        return gateway_ends.undo(request, subscription, _dialog)
    return _dialog(
        request,
        subscription,
        title="Undo the cancellation",
        form=AskForm,
        effects=lambda form: [
            Effect(
                "It goes on as if it had not been canceled", "Its next period is billed as usual.", "repeat"
            )
        ],
        primary="Keep it",
        perform=lambda form, **ask: keep_it(**ask),
        done=lambda row: Done(f"{row.reference} goes on"),
    )


@require_http_methods(METHODS)
@who_may(MAY)
def undo_change(request: HttpRequest, reference: str) -> HttpResponse:
    """Takes a planned change back."""
    subscription = subscription_or_404(reference)
    planned = open_change(subscription.pk)
    sentence = f"It stays on {plan_of(subscription)}"
    detail = f"The change planned for {day(planned.applies_at)} does not come." if planned else ""
    return _dialog(
        request,
        subscription,
        title="Undo the planned change",
        form=AskForm,
        effects=lambda form: [Effect(sentence, detail, "arrow-back-up")],
        primary="Undo it",
        perform=lambda form, **ask: undo_planned_change(**ask),
        done=lambda made: Done("The planned change was undone"),
    )


@require_http_methods(METHODS)
@who_may(MAY)
def pause(request: HttpRequest, reference: str) -> HttpResponse:
    """Lets it rest, until a day or until somebody resumes it."""
    subscription = subscription_or_404(reference)

    def until(form: Any) -> datetime | None:
        chosen = form.cleaned_data.get("resumes_at")
        return at_time_of(chosen, None) if chosen else None

    def effects(form: Any) -> Said:
        preview = partial(previews.preview_pause, subscription, resumes_at=until(form), now=timezone.now())
        rest = Effect("It is paused now: nothing is charged and nothing may be used", "", "player-pause")
        return [rest, *told(preview, tell)]

    return _dialog(
        request,
        subscription,
        title="Pause the subscription",
        form=PauseForm,
        effects=effects,
        primary="Pause it",
        perform=lambda form, **ask: pause_subscription(resumes_at=until(form), **ask),
        done=lambda row: Done(f"{row.reference} is paused"),
    )


@require_http_methods(METHODS)
@who_may(MAY)
def resume(request: HttpRequest, reference: str) -> HttpResponse:
    """Takes it up again."""
    subscription = subscription_or_404(reference)
    return _dialog(
        request,
        subscription,
        title="Resume the subscription",
        form=AskForm,
        effects=lambda form: told(
            partial(previews.preview_resume, subscription, now=timezone.now()),
            partial(tell, charges=subscription.collection == "charge"),
            form,
        ),
        primary=lambda form: with_amount("Resume it", form),
        perform=lambda form, **ask: resume_subscription(**ask),
        done=lambda row: Done(f"{row.reference} is active again"),
    )


@require_http_methods(METHODS)
@who_may(MAY)
def extend_trial(request: HttpRequest, reference: str) -> HttpResponse:
    """Gives the trial more days."""
    return _by_date(
        request,
        subscription_or_404(reference),
        title="Extend the trial",
        label="Ends on",
        now_at="It ends on {day} now. Choose a later day.",
        preview=previews.preview_extension,
        deed=extend,
        primary="Extend it",
        said=lambda row: f"The trial ends on {day(row.trial_ends_at)}" if row.trial_ends_at else "Extended",
    )


@require_http_methods(METHODS)
@who_may(MAY)
def move_date(request: HttpRequest, reference: str) -> HttpResponse:
    """Moves the day on which it is billed."""
    return _by_date(
        request,
        subscription_or_404(reference),
        title="Move the billing date",
        label="Billed on",
        now_at="It is billed on {day} now. Choose another day.",
        preview=previews.preview_move,
        deed=lambda **ask: move_billing_date(**ask)[0],
        primary="Move it",
        said=lambda row: f"It is billed on {day(row.anchor_at)} and counted from there",
    )


def _by_date(
    request: HttpRequest,
    subscription: Subscription,
    *,
    title: str,
    label: str,
    now_at: str,
    preview: Callable[..., Any],
    deed: Callable[..., Subscription],
    primary: str,
    said: Callable[[Subscription], str],
) -> HttpResponse:
    ends = subscription.current_period_end

    def to(form: Any) -> datetime | None:
        chosen = form.cleaned_data.get("date")
        return at_time_of(chosen, ends) if chosen else None

    def effects(form: Any) -> Said:
        moment = to(form)
        if moment is None:
            return [Effect("Choose a day", "Then this side tells what it does.", "calendar")]
        return told(partial(preview, subscription, to=moment, now=timezone.now()), tell)

    return _dialog(
        request,
        subscription,
        title=title,
        form=lambda data: DateForm(data, label=label, hint=now_at.format(day=day(ends)) if ends else ""),
        effects=effects,
        primary=primary,
        perform=lambda form, **ask: deed(to=to(form), **ask),
        done=lambda row: Done(said(row)),
    )
