"""Find anything: a page without scripts, the palette's hits with them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from billing.ids import classify
from dashboard.access.declare import everyone_signed_in
from dashboard.find import places
from dashboard.parts.context import is_fragment
from reports.search import find

LONGEST = 200


@everyone_signed_in
def index(request: HttpRequest) -> HttpResponse:
    """Hits for `q`; one hit for an exact reference leads straight there when asked by a whole page."""
    text = request.GET.get("q", "")[:LONGEST].replace("\x00", "").strip()
    what = classify(text)
    found = places.sections(find(text, request.user.has_perm)) if text else []
    exact = [option for section in found for option in section.options]
    if not is_fragment(request) and what.kind in ("reference", "gateway_id") and len(exact) == 1:
        return redirect(exact[0].url)
    screens = places.screens(request, text) if what.kind in ("text", "empty") else places.Section("", ())
    sections = [*found, screens, places.actions(request, text, found)]
    context = {
        "q": "" if what.kind == "card_number" else text,
        "what": what,
        "sections": [section for section in sections if section.options],
        "hits": sum(len(section.options) for section in sections),
    }
    return render(request, f"dashboard/find/{'_hits' if is_fragment(request) else 'index'}.html", context)
