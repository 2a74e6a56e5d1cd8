"""Writing off an invoice of ours that will not be paid: what it does, whether a second person is needed, and
the deed."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.approvals.models import Approval
from billing.history.actors import Actor
from billing.invoices.crediting import unrendered
from billing.invoices.giving_up import verdict_on, why_not, write_off
from billing.invoices.queries import invoice_by_reference, open_amount
from billing.money import Money
from billing.payments.models import Payment
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.actions.offers import offer
from dashboard.invoices.forms import ReasonForm
from dashboard.invoices.wording import words
from dashboard.lists.names import name_of
from dashboard.parts.entries import Action, Effect, Notice
from dashboard.staff.actors import actor_of

PERMISSION = "invoices.write_off"


class WriteOffForm(ReasonForm):
    """Why it will not be paid."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["reason"].help_text = "Why it will not be paid; it stays in the history."


@require_http_methods(["GET", "HEAD", "POST"])
@who_may(PERMISSION)
def view(request: HttpRequest, reference: str) -> HttpResponse:
    """Asks why, tells what will happen, and does it or asks a second person."""
    invoice = invoice_by_reference(reference)
    if invoice is None:
        raise Http404(f"There is no invoice {reference}.")
    page, actor, no = reverse("invoices:show", args=[reference]), actor_of(request.user), refusal(invoice)

    def done(made: Any) -> Done:
        if isinstance(made, Approval):
            url = reverse("approvals:show", args=[made.reference])
            return Done(f"{made.reference} waits for a second person", f"{made.rule}.", url=url, go=True)
        return Done(f"{made.label} is written off", "Nothing collects it any more.", url=page, go=True)

    return act(
        request,
        template="dashboard/invoices/act.html",
        form=WriteOffForm,
        effects=lambda form: [] if no else effects(invoice, actor),
        primary=lambda form: f"Write off {words(open_amount(invoice).minor, invoice.currency)}",
        perform=lambda form, key: write_off(
            invoice_id=invoice.pk, reason=form.cleaned_data["reason"], actor=actor, form_key=key,
            now=timezone.now(),
        ),
        done=done,
        back=page,
        context={
            "invoice": invoice,
            "total": Money(invoice.total_minor, invoice.currency),
            "name": name_of(invoice.customer),
            "title": "Write off the invoice",
            "danger": True,
            "refusal": no,
        },
    )  # fmt: skip


def refusal(invoice: Any) -> str:
    """What speaks against it now, as the service says it again; empty where nothing does."""
    if no := why_not(invoice, open_amount(invoice).minor):
        return no
    if Payment.objects.filter(invoice=invoice.pk, is_live=True).exists():
        return f"A payment of {invoice.label} is under way. Wait until it is known what came of it."
    return ""


def effects(invoice: Any, actor: Actor) -> list[Effect | Notice]:
    """First of all whether a second person is needed; then the books, the collecting and what comes later."""
    now = timezone.now()
    owed = open_amount(invoice)
    deferred = min(owed.minor, unrendered(invoice, now))
    told: list[Effect | Notice] = []
    verdict = verdict_on(invoice, owed.minor, actor=actor, now=now)
    if verdict.needed:
        rule = f"{verdict.rule[:1].upper()}{verdict.rule[1:]}"
        said = f"{rule}. Nothing is written off until they have decided."
        told.append(Notice("This goes to a second person first", said, "wait", "shield-check"))
    loss = words(owed.minor - deferred, owed.currency)
    told.append(
        Effect(
            f"{words(owed.minor, owed.currency)} is no claim any more",
            f"{loss} becomes bad debt, tax included; {words(deferred, owed.currency)} was not rendered and "
            "leaves deferred revenue.",
            "scale",
        )
    )
    told.append(
        Effect("Nothing collects it any more", "Neither the sweep nor a reminder.", "credit-card-off")
    )
    if invoice.subscription:
        told.append(
            Effect("The subscription goes on", "End it on its own page, where that is meant.", "repeat")
        )
    told.append(
        Effect(
            "A payment that comes after all is booked as recovered",
            f"{invoice.label} is then paid. Tax is not claimed back by this.",
            "building-bank",
        )
    )
    return told


def write_off_action(invoice: Any, user: Any) -> list[Action]:
    """For the menu of an open invoice of ours."""
    if invoice.gateway or invoice.state != "open":
        return []
    return offer(
        user, "Write off…", "invoices:write_off", [invoice.reference], permission=PERMISSION,
        refusal=refusal(invoice), icon="circle-minus", kind="quiet",
    )  # fmt: skip
