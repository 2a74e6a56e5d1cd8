"""What can be done with a commitment: agree, cancel to its end, keep the customer, set again, release."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.errors import Refused
from billing.subscriptions import commitments
from billing.subscriptions.commitments.agreeing import planned_term, why_no_commitment
from billing.subscriptions.commitments.models import Commitment
from billing.subscriptions.commitments.setting import collector
from billing.subscriptions.listing import plan_of, subscription_by_reference
from billing.subscriptions.models import CollectedBy
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.commitments.forms import AgreeForm, AskedForm, WhyForm, cleaned
from dashboard.commitments.tables import address
from dashboard.commitments.views import commitment_or_404
from dashboard.lists.names import name_of
from dashboard.parts.entries import Effect, Notice
from dashboard.parts.formatting import full_day
from dashboard.staff.actors import actor_of

type Effects = Callable[[Any], Sequence[Effect | Notice]]


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("commitments.manage")
def new(request: HttpRequest, reference: str) -> HttpResponse:
    """Writes down that a customer agreed to stay."""
    subscription = subscription_by_reference(reference)
    if subscription is None:
        raise Http404(f"There is no subscription {reference}.")

    def effects(form: AgreeForm) -> list[Effect | Notice]:
        if against := why_no_commitment(subscription):
            return [Notice(against, "", "bad")]
        try:
            term = planned_term(subscription, cleaned(form, "months", 12))
        except Refused as refusal:
            return [Notice(refusal.sentence, "", "bad")]
        again = " and then begins again" if cleaned(form, "renews") else ""
        return [
            Effect(f"The term runs from {full_day(term.start.date())} to {full_day(term.end.date())}{again}"),
            Effect(
                "A cancellation before takes effect at its end", "It can be released early, with a reason."
            ),
            Effect("What is paid, and when, does not change"),
        ]

    return act(
        request,
        template="dashboard/commitments/new.html",
        form=AgreeForm,
        effects=effects,
        primary=lambda form: "Write it down",
        perform=lambda form, key: commitments.agree_on_commitment(
            subscription_id=subscription.pk,
            months=form.cleaned_data["months"],
            renews=form.cleaned_data["renews"],
            agreed_by="customer",
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
            form_key=key,
        ),
        done=lambda made: Done(f"Committed until {full_day(made.ends_on)}", url=address(made), go=True),
        back=reverse("subscriptions:show", args=[subscription.reference]),
        context={
            "subscription": subscription,
            "name": name_of(subscription.customer),
            "plan": plan_of(subscription),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("commitments.manage")
def cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """Cancels the subscription to the end of its term."""
    commitment = commitment_or_404(reference)
    return _deed(
        request,
        commitment,
        "cancel",
        AskedForm,
        lambda form: of_cancel(commitment),
        f"Cancel as of {full_day(commitment.ends_on)}",
        lambda form: commitments.cancel_at_end(
            commitment_id=commitment.pk,
            asked_by=form.cleaned_data["asked_by"],
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        lambda made: Done(
            f"Canceled: it takes effect on {full_day(made.ends_on)}", url=address(made), go=True
        ),
    )


def of_cancel(commitment: Commitment) -> list[Effect | Notice]:
    """What canceling it does: nothing until the end of the term, and then the end."""
    day = full_day(commitment.ends_on)
    rows: list[Effect | Notice] = [
        Notice(f"Takes effect on {day}", "The customer agreed to stay until then.", "wait", "calendar-x"),
        Effect("Until then it goes on and is billed as it is"),
    ]
    if commitment.subscription.collected_by == CollectedBy.GATEWAY:
        who = collector(commitment.subscription)
        rows.append(
            Effect(
                f"The end is set at {who} too, and read back",
                "It is watched until it has happened; an alert opens when it would bill beyond.",
            )
        )
    return [*rows, Effect("It can be taken back until then")]


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("commitments.manage")
def undo(request: HttpRequest, reference: str) -> HttpResponse:
    """Takes the cancellation back: the customer stays."""
    commitment = commitment_or_404(reference)
    gateways = commitment.subscription.collected_by == CollectedBy.GATEWAY
    where = f"The end is taken off at {collector(commitment.subscription)} too" if gateways else ""
    return _deed(
        request,
        commitment,
        "undo",
        WhyForm,
        lambda form: [
            Effect("The subscription goes on after its term", where),
            Effect(f"The commitment binds until {full_day(commitment.ends_on)} as before"),
        ],
        "Keep the customer",
        lambda form: commitments.withdraw_cancel(
            commitment_id=commitment.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        lambda made: Done("The cancellation is taken back", url=address(made)),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("commitments.manage")
def set_again(request: HttpRequest, reference: str) -> HttpResponse:
    """Sets an end that was lost once more."""
    commitment = commitment_or_404(reference)
    who = collector(commitment.subscription)
    return _deed(
        request,
        commitment,
        "set_again",
        WhyForm,
        lambda form: [
            Effect(f"{who} is told once more to end it on {full_day(commitment.ends_on)}"),
            Effect("It is read back, and the alert closes when it holds"),
        ],
        "Set the end again",
        lambda form: commitments.set_again(
            commitment_id=commitment.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        lambda made: Done("The end is being set again", url=address(made)),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("commitments.manage")
def release(request: HttpRequest, reference: str) -> HttpResponse:
    """Lets the customer out of the term."""
    commitment = commitment_or_404(reference)
    return _deed(
        request,
        commitment,
        "release",
        WhyForm,
        lambda form: [
            Effect("Nothing binds the customer any more", "The subscription can be canceled to any day."),
            Effect("The subscription itself stays as it is"),
        ],
        "Release the customer",
        lambda form: commitments.release_commitment(
            commitment_id=commitment.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        lambda made: Done("Released", url=address(made)),
    )


def _deed(
    request: HttpRequest,
    commitment: Commitment,
    name: str,
    form: type[forms.Form],
    effects: Effects,
    button: str,
    perform: Callable[[Any], Commitment],
    done: Callable[[Commitment], Done],
) -> HttpResponse:
    return act(
        request,
        template=f"dashboard/commitments/{name}.html",
        form=form,
        effects=effects,
        primary=lambda form: button,
        perform=lambda form, key: perform(form),
        done=done,
        back=address(commitment),
        context={"commitment": commitment, "name": name_of(commitment.customer)},
    )
