"""Writing to a customer about a refund as it stands now."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.errors import Conflict
from billing.ids import normalise
from billing.messages.composing import preview
from billing.messages.kinds import KINDS
from billing.messages.models import Message
from billing.refunds.models import Refund
from billing.refunds.telling import cause_of, facts_of, kind_for, write_about
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.actions.letters import letter_of
from dashboard.messages.forms import RetryForm
from dashboard.messages.tables import address
from dashboard.parts.entries import Effect, Letter, Notice
from dashboard.staff.actors import actor_of

NOTHING = "There is nothing to write about a refund that has come to nothing, or is not decided yet."


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("refunds.issue")
def refund(request: HttpRequest, reference: str) -> HttpResponse:
    """The message that fits the refund's state, once for each kind."""
    found = Refund.objects.select_related("customer__identity", "payment")
    one = get_object_or_404(found, reference=normalise(reference))
    kind = kind_for(one)
    if not kind:
        raise Http404(NOTHING)

    def perform(form: RetryForm, key: str) -> Message:
        if Message.objects.filter(cause=cause_of(one, kind)).exists():
            raise Conflict("already_written", "They were written to about this already. Resend it instead.")
        made = write_about(one, actor=actor_of(request.user), now=timezone.now())
        if made is None:
            raise Conflict("nothing_to_write", NOTHING)
        return made

    return act(
        request,
        template="dashboard/messages/about.html",
        form=RetryForm,
        effects=lambda form: _effects(one, kind),
        primary=lambda form: "Write to them",
        perform=perform,
        done=_written,
        back=_page_of(one),
        context={"refund": one, "kind": KINDS[kind]},
    )


def _effects(one: Refund, kind: str) -> list[Effect | Notice | Letter]:
    before = Message.objects.filter(cause=cause_of(one, kind)).first()
    if before is not None:
        return [
            Notice(
                "They were written to about this already",
                "Open that message to send it again.",
                "look",
                "mail",
                address(before),
                "Open it",
            )
        ]
    told = preview(kind, one.customer, facts_of(one, kind))
    if told.why_not:
        return [Notice("The customer will not be written to", told.why_not, "look", "mail"), letter_of(told)]
    return [Effect(f"{told.address} is written to", "Sent within seconds.", "mail"), letter_of(told)]


def _written(made: Message) -> Done:
    if made.state == "canceled":
        return Done(f"{made.reference} was not sent", made.why_not, url=address(made), go=True, tone="wait")
    return Done(f"{made.reference} is on its way", url=address(made), go=True)


def _page_of(one: Refund) -> str:
    return reverse("refunds:show", args=[one.reference])
