"""The audit trail: the log, an entry, reads, changes from outside, seals, and the access review."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.audit.queries import change as change_by_id
from billing.audit.queries import last_of, latest_seals
from billing.audit.queries import outside as outside_changes
from dashboard.access import may, who_may
from dashboard.audit import page
from dashboard.audit.screen import AUDIT, READS
from dashboard.audit.values import shown
from dashboard.lists.answer import list_view
from reports.access_review import as_csv, as_pdf, review

index = list_view(AUDIT)
reads = list_view(READS)


@require_safe
@who_may("audit.view")
def show(request: HttpRequest, pk: int) -> HttpResponse:
    entry = page.entry_by_pk(pk)
    if entry is None:
        raise Http404(f"There is no entry {pk}.")
    return render(request, "dashboard/audit/show.html", page.context(entry, request.user))


@require_safe
@who_may("audit.view")
def outside(request: HttpRequest) -> HttpResponse:
    """The latest changes that nobody made through the desk."""
    rows = [page.outside_row(each) for each in outside_changes()]
    return render(request, "dashboard/audit/outside.html", {"rows": rows, "now": timezone.now()})


@require_safe
@who_may("audit.view")
def change(request: HttpRequest, table: str, pk: int) -> HttpResponse:
    """One changed row, before and after."""
    found = change_by_id(f"billing_{table}", pk)
    if found is None:
        raise Http404(f"There is no change {pk} in {table}.")
    known = {"change": found, "each": shown(found), "row": page.outside_row(found)}
    return render(request, "dashboard/audit/change.html", known)


@require_safe
@who_may("audit.view")
def seals(request: HttpRequest) -> HttpResponse:
    """The chain: its head, and when it was verified and mailed."""
    latest = latest_seals()
    verified, failed = last_of("verified"), last_of("verification_failed")
    known = {
        "seals": latest,
        "last": latest[0] if latest else None,
        "verified": verified,
        "failed": failed if failed and (verified is None or failed.at > verified.at) else None,
        "mailed": last_of("head_mailed"),
        "now": timezone.now(),
    }
    return render(request, "dashboard/audit/seals.html", known)


@require_safe
@who_may("audit.view")
def access(request: HttpRequest) -> HttpResponse:
    """Who may do what, and who did what in the last 90 days."""
    known = {"review": review(now=timezone.now()), "may_export": may(request.user, "audit.export")}
    return render(request, "dashboard/audit/access.html", known)


@require_safe
@who_may("audit.export")
def access_csv(request: HttpRequest) -> HttpResponse:
    return _file(as_csv(review(now=timezone.now())), "text/csv; charset=utf-8", "csv")


@require_safe
@who_may("audit.export")
def access_pdf(request: HttpRequest) -> HttpResponse:
    return _file(as_pdf(review(now=timezone.now())), "application/pdf", "pdf")


def _file(content: bytes, kind: str, ending: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    day = timezone.now().strftime("%Y-%m-%d")
    response.headers["Content-Disposition"] = f'attachment; filename="access-review-{day}.{ending}"'
    response.headers["Cache-Control"] = "no-store"
    return response
