"""Messages: the log, a message's page, sending again and trying again."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing.errors import Refused
from billing.messages import services
from billing.messages.models import Message
from billing.messages.queries import message_by_reference
from billing.messages.resending import again
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.actions.letters import letter_of
from dashboard.lists.answer import list_view
from dashboard.messages import page
from dashboard.messages.forms import ResendForm, RetryForm
from dashboard.messages.screen import MESSAGES
from dashboard.messages.tables import address, kind_label
from dashboard.parts.entries import Effect, Letter, Notice
from dashboard.staff.actors import actor_of

index = list_view(MESSAGES)


def _message(reference: str) -> Message:
    message = message_by_reference(reference)
    if message is None:
        raise Http404(f"There is no message {reference}.")
    return message


@require_safe
@who_may("messages.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    return render(request, "dashboard/messages/show.html", page.context(_message(reference), request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("messages.resend")
def resend(request: HttpRequest, reference: str) -> HttpResponse:
    """Sends the same words once more, as a message of its own."""
    message = _message(reference)
    return act(
        request,
        template="dashboard/messages/resend.html",
        form=ResendForm,
        effects=lambda form: _effects(message),
        primary=lambda form: "Send it again",
        perform=lambda form, key: services.resend(
            message_id=message.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            form_key=key,
            now=timezone.now(),
        ),
        done=_resent,
        back=address(message),
        context={"message": message, "label": kind_label(message)},
    )


def _effects(message: Message) -> list[Effect | Notice | Letter]:
    try:
        told = again(message)
    except Refused as refusal:
        return [Notice("It cannot be sent again", refusal.sentence, "bad")]
    if told.why_not:
        return [Notice("It will not be sent", told.why_not, "look", "mail"), letter_of(told)]
    return [
        Effect(f"{told.address} gets the same words again", "Sent within seconds.", "mail"),
        Effect("The log keeps both", "The new one points to this one, with your reason.", "history"),
        letter_of(told),
    ]


def _resent(made: Message) -> Done:
    if made.state == "canceled":
        return Done(f"{made.reference} was not sent", made.why_not, url=address(made), go=True, tone="wait")
    return Done(f"{made.reference} is on its way", url=address(made), go=True)


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("messages.resend")
def retry(request: HttpRequest, reference: str) -> HttpResponse:
    """Queues a message that failed once more."""
    message = _message(reference)
    return act(
        request,
        template="dashboard/messages/retry.html",
        form=RetryForm,
        primary=lambda form: "Try again",
        perform=lambda form, key: services.retry(
            message_id=message.pk, actor=actor_of(request.user), now=timezone.now()
        ),
        done=lambda made: Done(f"{made.reference} is queued once more", url=address(made), go=True),
        back=address(message),
        context={"message": message},
    )
