"""Disputes: the list, a dispute's own page, and the evidence for it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from billing.disputes.evidence import mark_prepared, note_exported
from billing.disputes.models import Dispute
from billing.disputes.queries import dispute_by_reference
from dashboard.access import who_may
from dashboard.actions.dialog import Done, act
from dashboard.disputes.forms import PreparedForm
from dashboard.disputes.page import context
from dashboard.disputes.screen import DISPUTES
from dashboard.lists.answer import list_view
from dashboard.staff.actors import actor_of
from reports.documents.evidence import packet_of
from reports.documents.evidence_pdf import as_pdf

index = list_view(DISPUTES)


def _dispute(reference: str) -> Dispute:
    dispute = dispute_by_reference(reference)
    if dispute is None:
        raise Http404(f"There is no dispute {reference}.")
    return dispute


@require_safe
@who_may("disputes.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    return render(request, "dashboard/disputes/show.html", context(_dispute(reference), request.user))


@require_safe
@who_may("disputes.answer")
def evidence(request: HttpRequest, reference: str) -> HttpResponse:
    """The packet as a file. It holds what is known of the customer, so taking it out is written down."""
    dispute, now = _dispute(reference), timezone.now()
    document = as_pdf(packet_of(dispute, now))
    if request.method == "GET":
        note_exported(dispute=dispute, size=len(document), actor=actor_of(request.user), now=now)
    response = HttpResponse(document, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="evidence-{dispute.reference}.pdf"'
    patch_cache_control(response, no_store=True)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("disputes.answer")
def prepared(request: HttpRequest, reference: str) -> HttpResponse:
    """Says that the evidence is ready, for whoever sends it."""
    dispute = _dispute(reference)
    here = reverse("disputes:show", args=[dispute.reference])
    return act(
        request,
        template="dashboard/disputes/prepared.html",
        form=PreparedForm,
        primary=lambda form: "Note it",
        perform=lambda form, key: mark_prepared(
            dispute_id=dispute.pk,
            note=form.cleaned_data["note"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        done=lambda made: Done("The evidence is noted as prepared", url=here, go=True),
        back=here,
        context={"dispute": dispute},
    )
