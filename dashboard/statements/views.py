"""A customer's statement: on the screen, on paper, as CSV."""

import csv
from datetime import UTC, datetime
from typing import Any

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from billing.customers.merging import links_into
from billing.customers.models import Customer
from billing.customers.queries import customer_by_reference
from dashboard.access import NotPermitted, may, who_may
from dashboard.actions.related import link
from dashboard.exports.cells import cell, money_cells
from dashboard.lists.names import name_of
from dashboard.statements.forms import PeriodForm, periods, usual
from reports.statements.account import Line, Statement, statement_of

log = structlog.get_logger(__name__)

HEAD = ("Day", "What", "Reference", "Amount", "Change", "Balance", "Currency")
PAGES = {
    "invoice": ("invoices:show", "invoices.view"),
    "payment": ("payments:show", "payments.view"),
    "refund": ("refunds:show", "refunds.view"),
    "dispute": ("disputes:show", "disputes.view"),
}


@require_safe
@who_may("customers.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    """From `first` to `last`; `format=csv` gives the same lines to a spreadsheet."""
    customer = customer_by_reference(reference)
    if customer is None:
        raise Http404(f"There is no customer {reference}.")
    today = datetime.now(UTC).date()
    first, last = usual(today)
    asked = "first" in request.GET or "last" in request.GET
    form = PeriodForm(request.GET if asked else {"first": first, "last": last})
    if form.is_valid():
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    merged = links_into(customer.pk)
    statement = statement_of([customer.pk, *(link.customer_id for link in merged)], first, last)
    if request.GET.get("format") == "csv":
        return _csv(request, customer, statement)
    here = reverse("statements:show", args=[customer.reference])
    known = {
        "customer": customer,
        "merged": [link.customer.reference for link in merged],
        "name": name_of(customer),
        "customer_url": reverse("customers:show", args=[customer.reference]),
        "form": form,
        "statement": statement,
        "accounts": [
            (account, [(line, _page(line, request.user)) for line in account.lines])
            for account in statement.accounts
        ],
        "periods": [
            (label, f"{here}?first={start}&last={end}", (start, end) == (first, last))
            for label, start, end in periods(today, customer.created_at.date())
        ],
        "csv_url": f"{here}?first={first}&last={last}&format=csv" if may(request.user, "exports.run") else "",
        "now": timezone.now(),
    }
    return render(request, "dashboard/statements/show.html", known, status=200 if form.is_valid() else 422)


def _page(line: Line, user: Any) -> str:
    target = PAGES.get(line.kind)
    return link(target[0], line.reference, user, target[1]) if target and line.reference else ""


def _csv(request: HttpRequest, customer: Customer, statement: Statement) -> HttpResponse:
    if not may(request.user, "exports.run"):
        raise NotPermitted("exports.run")
    log.info("export", screen="statement", customer=customer.reference, actor=f"staff:{request.user.pk}")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"statement-{customer.reference}-{statement.first}-{statement.last}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    patch_cache_control(response, no_store=True)
    rows = csv.writer(response)
    rows.writerow(HEAD)
    for account in statement.accounts:
        ends = (
            ("Opening balance", statement.first, account.opening),
            ("Closing balance", statement.last, account.closing),
        )
        rows.writerow([cell(ends[0][1]), ends[0][0], "", "", "", *money_cells(ends[0][2])])
        for line in account.lines:
            amounts = [money_cells(money)[0] for money in (line.amount, line.change)]
            rows.writerow(
                [cell(line.on), cell(line.what), cell(line.label), *amounts, *money_cells(line.balance)]
            )
        rows.writerow([cell(ends[1][1]), ends[1][0], "", "", "", *money_cells(ends[1][2])])
    return response
