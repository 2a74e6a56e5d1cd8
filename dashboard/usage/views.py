"""Usage: the list, one customer's, and the gaps in what was reported."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from billing.customers.queries import customer_by_reference
from billing.entitlements.rules import number_said
from billing.errors import Refused
from billing.usage import services
from billing.usage.models import UsageEvent, UsageGap
from billing.usage.queries import open_gaps
from dashboard.access import may, who_may
from dashboard.actions.using import drawing, uses_of
from dashboard.lists.answer import list_view
from dashboard.lists.names import name_of
from dashboard.staff.actors import actor_of
from dashboard.usage.forms import CloseForm, GapForm
from dashboard.usage.screen import USAGE

index = list_view(USAGE)
LATEST = 20
CLOSED = 20


@require_safe
@who_may("usage.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """One customer's meters with their days, and the latest events of the one that is looked at."""
    customer = customer_by_reference(reference)
    if customer is None:
        raise Http404(f"There is no customer {reference}.")
    standing, uses = uses_of(customer.pk, now=timezone.now())
    asked = request.GET.get("meter", "")
    chosen = next((use for use in uses if use.meter.slug == asked), uses[0] if uses else None)
    latest: list[tuple[UsageEvent, str]] = []
    if chosen:
        rows = UsageEvent.objects.filter(customer=customer, meter=chosen.meter)
        latest = [(each, number_said(each.quantity)) for each in rows.order_by("-counted_at", "-pk")[:LATEST]]
    return render(
        request,
        "dashboard/usage/show.html",
        {
            "customer": customer,
            "name": name_of(customer),
            "standing": standing,
            "uses": uses,
            "chosen": chosen,
            "latest": latest,
            "drawing": drawing(),
        },
    )


@require_safe
@who_may("usage.view")
def gaps(request: HttpRequest) -> HttpResponse:
    closed = UsageGap.objects.exclude(closed_at=None).select_related("meter", "customer")
    return render(
        request,
        "dashboard/usage/gaps.html",
        {
            "open": open_gaps(),
            "closed": closed.order_by("-pk")[:CLOSED],
            "may_write": may(request.user, "usage.gaps"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("usage.gaps")
def note(request: HttpRequest) -> HttpResponse:
    def perform(form: GapForm) -> None:
        told = form.cleaned_data
        services.note_gap(
            **{**told, "meter": told["meter"].slug}, actor=actor_of(request.user), now=timezone.now()
        )

    return _dialog(request, GapForm, "dashboard/usage/note.html", perform, "The gap is noted.", {})


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("usage.gaps")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    gap = get_object_or_404(UsageGap.objects.select_related("meter", "customer"), pk=pk)

    def perform(form: CloseForm) -> None:
        services.close_gap(
            gap_id=gap.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        )

    return _dialog(
        request, CloseForm, "dashboard/usage/close.html", perform, "The gap is closed.", {"gap": gap}
    )


def _dialog(
    request: HttpRequest,
    form_class: Any,
    template: str,
    perform: Callable[[Any], None],
    done: str,
    context: dict[str, Any],
) -> HttpResponse:
    """Asks; refuses with 422 and the form as it was typed; or does it and shows the gaps."""
    form, status = form_class(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                perform(form)
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
            else:
                messages.success(request, done)
                url = reverse("usage:gaps")
                return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]
    return render(request, template, {"form": form, "back": reverse("usage:gaps"), **context}, status=status)
