"""Refunds: the list, a refund's page, refunding a payment, seeing and withdrawing."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing.money import Money
from billing.payments.models import Payment
from billing.payments.queries import payment_by_reference
from billing.refunds import services
from billing.refunds.models import Refund
from billing.refunds.queries import find, refundable_of
from dashboard.access import who_may, who_may_any
from dashboard.actions.dialog import Done, act
from dashboard.lists.answer import list_view
from dashboard.lists.names import name_of
from dashboard.refunds import choosing, effects
from dashboard.refunds.forms import RefundForm, SeenForm, WithdrawForm
from dashboard.refunds.page import context
from dashboard.refunds.screen import REFUNDS
from dashboard.refunds.tables import address
from dashboard.staff.actors import actor_of

index = list_view(REFUNDS)


def _refund(reference: str) -> Refund:
    refund = find(reference)
    if refund is None:
        raise Http404(f"There is no refund {reference}.")
    return refund


@require_safe
@who_may("refunds.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    return render(request, "dashboard/refunds/show.html", context(_refund(reference), request.user))


@require_safe
@who_may("refunds.issue")
def choose(request: HttpRequest) -> HttpResponse:
    """Which payment: those of one customer (`customer`), or those that a text names (`q`)."""
    return render(request, "dashboard/refunds/choose.html", choosing.context(request))


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("refunds.issue")
def new(request: HttpRequest, reference: str) -> HttpResponse:
    """Refunds a payment, in full or in part."""
    payment = payment_by_reference(reference)
    if payment is None:
        raise Http404(f"There is no payment {reference}.")
    refundable = refundable_of(payment)
    back = reverse("payments:show", args=[payment.reference])

    def perform(form: RefundForm, key: str) -> Refund:
        return services.issue_refund(
            payment_id=payment.pk,
            amount=form.cleaned_data["amount"],
            reason=form.cleaned_data["reason"],
            note_internal=form.cleaned_data["note_internal"],
            note_to_customer=form.cleaned_data["note_to_customer"],
            write_to_customer=form.cleaned_data["write_to_customer"],
            actor=actor_of(request.user),
            form_key=key,
            now=timezone.now(),
        )

    return act(
        request,
        template="dashboard/refunds/new.html",
        form=lambda data: RefundForm(data, left=refundable.left),
        effects=lambda form: effects.of_refund(form, payment, refundable, actor_of(request.user)),
        primary=lambda form: effects.button(form),
        perform=perform,
        done=_promised,
        back=back,
        context={
            "payment": payment,
            "name": name_of(payment.customer),
            "refundable": refundable,
            "invoices": _invoices(payment),
            "because": effects.because(refundable),
            "left_text": effects.figure(refundable.left),
            "refusal": refundable.refusal.sentence if refundable.refusal else "",
        },
    )


def _invoices(payment: Payment) -> str:
    found = payment.allocations.select_related("invoice").order_by("pk")[:2]
    return ", ".join(allocation.invoice.label for allocation in found)


def _promised(refund: Refund) -> Done:
    amount = Money(refund.amount_minor, refund.currency)
    if refund.state == "pending_approval":
        return Done(
            f"{refund.reference} of {amount} waits for a second person",
            "The amount is held; this page shows their decision.",
            url=address(refund),
            go=True,
        )
    return Done(
        f"{amount} is on its way back as {refund.reference}",
        "This page follows it until the money has arrived.",
        url=address(refund),
        go=True,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may_any("refunds.see_external", "refunds.issue")
def seen(request: HttpRequest, reference: str) -> HttpResponse:
    """Says that somebody has looked at a refund made outside, or at one that failed."""
    refund = _refund(reference)
    permission = "refunds.see_external" if refund.origin == "gateway" else "refunds.issue"
    if not request.user.has_perm(permission):
        from dashboard.access.declare import NotPermitted

        raise NotPermitted(permission)
    return act(
        request,
        template="dashboard/refunds/seen.html",
        form=SeenForm,
        primary=lambda form: "Mark as seen",
        perform=lambda form, key: services.mark_seen(
            refund_id=refund.pk, actor=actor_of(request.user), now=timezone.now()
        ),
        done=lambda made: Done(f"{made.reference} is marked as seen", url=address(made), go=True),
        back=address(refund),
        context={"refund": refund},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("refunds.issue")
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Takes a refund back that has not been sent to the gateway."""
    refund = _refund(reference)
    return act(
        request,
        template="dashboard/refunds/withdraw.html",
        form=WithdrawForm,
        primary=lambda form: f"Withdraw {Money(refund.amount_minor, refund.currency)}",
        perform=lambda form, key: services.withdraw_refund(
            refund_id=refund.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        done=lambda made: Done(
            f"{made.reference} is withdrawn",
            "Its amount is free to be refunded again.",
            url=address(made),
            go=True,
        ),
        back=address(refund),
        context={"refund": refund},
    )
