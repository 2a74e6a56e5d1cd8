"""Acting on an invoice of ours: voiding, correcting, settling from outside, and what drafts become."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing.history.actors import Actor
from billing.invoices.drafting import discard_draft, finalise_invoice
from billing.invoices.queries import invoice_by_reference, open_amount
from billing.invoices.reissuing import Reissued, correct_and_reissue
from billing.invoices.voiding import Voided, void_invoice
from billing.money import Money
from billing.payments.outside import mark_paid_outside
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.invoices import effects
from dashboard.invoices.forms import CollectForm, CorrectForm, OutsideForm, ReasonForm
from dashboard.invoices.offering import refusals
from dashboard.invoices.wording import words
from dashboard.lists.names import name_of
from dashboard.staff.actors import actor_of

FORMS = ["GET", "HEAD", "POST"]


@require_http_methods(FORMS)
@who_may("invoices.change")
def void(request: HttpRequest, reference: str) -> HttpResponse:
    """Takes an invoice back as if it had not been."""

    def perform(invoice: Any, form: Any, key: str, actor: Actor) -> Voided:
        reason = form.cleaned_data["reason"]
        now = timezone.now()
        return void_invoice(invoice_id=invoice.pk, reason=reason, actor=actor, form_key=key, now=now)

    def done(made: Voided) -> Done:
        if made.note is not None:
            sentence = f"{made.invoice.label} is credited in full by {made.note.label}"
            detail = "Its revenue had been recognised, so it could not be voided."
            return Done(sentence, detail, url=_page(made.invoice), go=True)
        return Done(
            f"{made.invoice.label} is void", "Nothing is owed on it.", url=_page(made.invoice), go=True
        )

    return _act(
        request, reference, "void", form=ReasonForm, effects_of=effects.of_voiding, perform=perform,
        done=done, primary=lambda invoice: "Void the invoice", title="Void the invoice", danger=True,
    )  # fmt: skip


@require_http_methods(FORMS)
@who_may("invoices.change")
def correct(request: HttpRequest, reference: str) -> HttpResponse:
    """Credits an invoice whole and issues it anew with the customer's data of now."""

    def perform(invoice: Any, form: Any, key: str, actor: Actor) -> Reissued:
        return correct_and_reissue(
            invoice_id=invoice.pk,
            reason=form.cleaned_data["reason"],
            actor=actor,
            form_key=key,
            now=timezone.now(),
            collect=form.cleaned_data["collect"],
            due_days=form.cleaned_data["due_days"],
        )

    def done(made: Reissued) -> Done:
        sentence = f"{made.invoice.label} stands in its place"
        return Done(sentence, f"{made.note.label} credits the old one.", url=_page(made.invoice), go=True)

    return _act(
        request, reference, "correct", form=CorrectForm, effects_of=effects.of_correcting, perform=perform,
        done=done, primary=lambda invoice: "Credit and issue anew", title="Correct the invoice",
    )  # fmt: skip


@require_http_methods(FORMS)
@who_may("invoices.change")
def outside(request: HttpRequest, reference: str) -> HttpResponse:
    """Records that an invoice was paid past every gateway."""

    def perform(invoice: Any, form: Any, key: str, actor: Actor) -> Any:
        data = form.cleaned_data
        return invoice, mark_paid_outside(
            invoice_id=invoice.pk,
            reference=data["reference"],
            paid_on=data["paid_on"],
            reason=data["reason"],
            actor=actor,
            form_key=key,
            now=timezone.now(),
        )

    def done(made: Any) -> Done:
        invoice, payment = made
        return Done(f"{invoice.label} is paid", f"As {payment.reference}.", url=_page(invoice), go=True)

    return _act(
        request, reference, "outside", form=partial(OutsideForm, today=timezone.localdate()),
        effects_of=effects.of_settling, perform=perform, done=done, title="Mark as paid from outside",
        primary=lambda invoice: f"Mark {words(open_amount(invoice).minor, invoice.currency)} as paid",
    )  # fmt: skip


@require_http_methods(FORMS)
@who_may("invoices.change")
def finalise(request: HttpRequest, reference: str) -> HttpResponse:
    """Issues a draft: from then on it is frozen."""

    def perform(invoice: Any, form: Any, key: str, actor: Actor) -> Any:
        return finalise_invoice(
            invoice_id=invoice.pk,
            actor=actor,
            now=timezone.now(),
            collect=form.cleaned_data["collect"],
            due_days=form.cleaned_data["due_days"],
        )

    def done(made: Any) -> Done:
        total = words(made.total_minor, made.currency)
        return Done(f"{made.label} of {total} is issued", url=_page(made), go=True)

    return _act(
        request, reference, "finalise", form=CollectForm, effects_of=effects.of_finalising, perform=perform,
        done=done, primary=lambda invoice: "Issue the invoice", title="Issue the draft",
    )  # fmt: skip


@require_http_methods(FORMS)
@who_may("invoices.change")
def discard(request: HttpRequest, reference: str) -> HttpResponse:
    """Throws a draft away."""

    def perform(invoice: Any, form: Any, key: str, actor: Actor) -> str:
        reason = form.cleaned_data["reason"]
        discard_draft(invoice_id=invoice.pk, reason=reason, actor=actor, now=timezone.now())
        return str(invoice.label)

    def done(label: str) -> Done:
        return Done(f"The draft {label} is gone", url=reverse("invoices:index"), go=True)

    return _act(
        request, reference, "discard", form=ReasonForm, effects_of=effects.of_discarding, perform=perform,
        done=done, primary=lambda invoice: "Discard the draft", title="Discard the draft", danger=True,
    )  # fmt: skip


def _act[F: forms.Form](
    request: HttpRequest,
    reference: str,
    name: str,
    *,
    form: Callable[[Any], F],
    effects_of: Callable[[Any, Any], Any],
    perform: Callable[[Any, Any, str, Actor], Any],
    done: Callable[[Any], Done],
    primary: Callable[[Any], str],
    title: str,
    danger: bool = False,
) -> HttpResponse:
    """One dialog about one invoice. What speaks against it stands above the form, and the service says it
    again to whoever sends the form all the same."""
    invoice = invoice_by_reference(reference)
    if invoice is None:
        raise Http404(f"There is no invoice {reference}.")
    refusal = refusals(invoice).get(name, "")
    return act(
        request,
        template="dashboard/invoices/act.html",
        form=form,
        effects=lambda bound: [] if refusal else effects_of(invoice, bound),
        primary=lambda bound: primary(invoice),
        perform=lambda bound, key: perform(invoice, bound, key, actor_of(request.user)),
        done=done,
        back=_page(invoice),
        context={
            "invoice": invoice,
            "total": Money(invoice.total_minor, invoice.currency),
            "name": name_of(invoice.customer),
            "title": title,
            "danger": danger,
            "refusal": refusal,
        },
    )


def _page(invoice: Any) -> str:
    return reverse("invoices:show", args=[invoice.reference])
