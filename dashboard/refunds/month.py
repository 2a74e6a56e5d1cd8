"""A month's refunds against the ledger: on the screen, and as CSV with every refund."""

import csv
from datetime import UTC, date, datetime
from typing import Any

import structlog
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from billing.periods import add_months
from billing.refunds.models import RefundReason, RefundState
from dashboard.access import NotPermitted, may, who_may
from dashboard.actions.related import link
from dashboard.exports.cells import cell, money_cells
from reports.refunds.month import InCurrency, Line, lines_of, refunds_of

log = structlog.get_logger(__name__)

HEAD = (
    "Refund",
    "Customer",
    "Reason",
    "State",
    "Went out",
    "Came back",
    "Net",
    "Ledger",
    "Difference",
    "Currency",
)


class MonthForm(forms.Form):
    """Which month, as 2026-10."""

    month = forms.DateField(
        label="Month",
        input_formats=["%Y-%m"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
        error_messages={"invalid": "Month: enter it as 2026-10."},
    )


@require_safe
@who_may("reports.view")
def month(request: HttpRequest) -> HttpResponse:
    """The month that `month` names; the last one where none is named. `format=csv` has every refund."""
    today = datetime.now(UTC).date()
    chosen = add_months(today.replace(day=1), -1)
    form = MonthForm(request.GET if "month" in request.GET else {"month": f"{chosen:%Y-%m}"})
    if form.is_valid():
        chosen = form.cleaned_data["month"]
    if request.GET.get("format") == "csv" and form.is_valid():
        return _csv(request, chosen)
    here = reverse("refunds:month")
    recent = [add_months(today.replace(day=1), -n) for n in range(6)]
    known = {
        "form": form,
        "month": chosen,
        "currencies": [_shown(each, request.user) for each in refunds_of(chosen)],
        "months": [(f"{each:%B %Y}", f"{here}?month={each:%Y-%m}", each == chosen) for each in recent],
        "csv_url": f"{here}?month={chosen:%Y-%m}&format=csv" if may(request.user, "exports.run") else "",
        "now": timezone.now(),
    }
    return render(request, "dashboard/refunds/month.html", known, status=200 if form.is_valid() else 422)


def _shown(of: InCurrency, user: Any) -> dict[str, Any]:
    return {
        "of": of,
        "groups": [(each, RefundReason(each.reason).label) for each in of.groups],
        "apart": [(each, link("refunds:show", each.reference, user, "refunds.view")) for each in of.apart],
    }


def _csv(request: HttpRequest, chosen: date) -> HttpResponse:
    if not may(request.user, "exports.run"):
        raise NotPermitted("exports.run")
    log.info("export", screen="refunds_of_month", month=f"{chosen:%Y-%m}", actor=f"staff:{request.user.pk}")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="refunds-{chosen:%Y-%m}.csv"'
    patch_cache_control(response, no_store=True)
    rows = csv.writer(response)
    rows.writerow(HEAD)
    for each in lines_of(chosen):
        rows.writerow([*_words(each), *_figures(each.out, each.back, each.net, each.booked, each.difference)])
    for total in refunds_of(chosen):
        figures = _figures(total.out, total.back, total.net, total.booked, total.difference)
        rows.writerow([cell(f"Total in {total.currency}"), "", "", "", *figures])
    return response


def _words(line: Line) -> list[str]:
    reason = RefundReason(line.reason).label if line.reason else ""
    state = RefundState(line.state).label if line.state else ""
    return [cell(line.reference), cell(line.customer), cell(reason), cell(state)]


def _figures(*amounts: Any) -> list[str]:
    return [*(money_cells(each)[0] for each in amounts), amounts[0].currency]
