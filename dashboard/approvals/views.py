"""Requests above somebody's limit: the queue, a request's page, and the second person's yes or no."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing.approvals import services
from billing.approvals.actions import action_named
from billing.approvals.models import Approval
from billing.errors import NotAllowed
from billing.ids import normalise
from dashboard.access import who_may, who_may_any
from dashboard.access.declare import NotPermitted
from dashboard.actions.dialog import Done, act
from dashboard.approvals import page
from dashboard.approvals.forms import ApproveForm, RejectForm, WithdrawForm
from dashboard.approvals.screen import APPROVALS
from dashboard.approvals.tables import address
from dashboard.lists.answer import list_view
from dashboard.staff.actors import actor_of
from dashboard.staff.services import locked_member

index = list_view(APPROVALS)
DECIDING = ("approvals.decide_refunds", "approvals.decide_credits", "approvals.decide_write_offs")


def _approval(reference: str) -> Approval:
    found = Approval.objects.select_related("customer__identity").filter(reference=normalise(reference))
    approval = found.first()
    if approval is None:
        raise Http404(f"There is no request {reference}.")
    return approval


@require_safe
@who_may("approvals.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    return render(request, "dashboard/approvals/show.html", page.context(_approval(reference), request.user))


@require_http_methods(["GET", "HEAD", "POST"])
@who_may_any(*DECIDING)
def approve(request: HttpRequest, reference: str) -> HttpResponse:
    """Says yes, and does it."""
    approval = _deciding(request, reference)
    words = str(page.amount_of(approval))
    refund = page.refund_of(approval)
    return act(
        request,
        template="dashboard/approvals/approve.html",
        form=lambda data: ApproveForm(data, digest=approval.digest),
        effects=lambda form: page.effects(approval, refund),
        primary=lambda form: f"Approve {words}",
        perform=lambda form, key: services.approve(
            approval_id=approval.pk,
            reason=form.cleaned_data["note"],
            seen_digest=form.cleaned_data["seen"],
            actor=actor_of(request.user),
            now=timezone.now(),
            check=still_may(request.user),
        ),
        done=_approved,
        back=address(approval),
        context={"approval": approval, "words": words},
    )


def _approved(made: Approval) -> Done:
    if made.state == "failed":
        return Done(
            f"{made.reference} was approved and could not be done",
            made.failure,
            url=address(made),
            go=True,
            tone="wait",
        )
    return Done(f"{made.reference} is approved", made.result, url=address(made), go=True)


@require_http_methods(["GET", "HEAD", "POST"])
@who_may_any(*DECIDING)
def reject(request: HttpRequest, reference: str) -> HttpResponse:
    """Says no, with a reason."""
    approval = _deciding(request, reference)
    return act(
        request,
        template="dashboard/approvals/reject.html",
        form=RejectForm,
        primary=lambda form: "Reject",
        perform=lambda form, key: services.reject(
            approval_id=approval.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
            check=still_may(request.user),
        ),
        done=lambda made: Done(
            f"{made.reference} is rejected",
            f"{made.asked_by_name} sees your reason.",
            url=address(made),
            go=True,
        ),
        back=address(approval),
        context={"approval": approval, "words": str(page.amount_of(approval))},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("approvals.view")
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Takes one's own request back."""
    approval = _approval(reference)
    return act(
        request,
        template="dashboard/approvals/withdraw.html",
        form=WithdrawForm,
        primary=lambda form: "Withdraw",
        perform=lambda form, key: services.withdraw(
            approval_id=approval.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        done=lambda made: Done(f"{made.reference} is withdrawn", url=address(made), go=True),
        back=address(approval),
        context={"approval": approval, "words": str(page.amount_of(approval))},
    )


def _deciding(request: HttpRequest, reference: str) -> Approval:
    """The request, for somebody who may decide its kind of action."""
    approval = _approval(reference)
    permission = action_named(approval.action).permission
    if not request.user.has_perm(permission):
        raise NotPermitted(permission)
    return approval


def still_may(user: Any) -> Callable[[Approval], None]:
    """Asked while the request is locked: the member's rights as they are in this very moment, held until
    the decision is written."""

    def check(approval: Approval) -> None:
        fresh = locked_member(user.pk)
        action = action_named(approval.action)
        if fresh is None or not fresh.is_active or not fresh.has_perm(action.permission):
            raise NotAllowed("role_lost", f"Your role may not decide this any more ({action.label.lower()}).")

    return check
