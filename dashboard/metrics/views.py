"""The scrape for Prometheus; alerts and figures for members."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.errors import Refused
from billing.metrics import queries
from billing.notifications.models import Alert
from billing.notifications.queries import closed_alerts, open_alerts
from billing.notifications.services import acknowledge as acknowledge_alert
from billing.webhooks.watching import MOST_DEAD, MOST_WAITING, in_words, inbox
from dashboard.access import may, public, who_may
from dashboard.metrics import exposition, figures
from dashboard.parts import alerting
from dashboard.staff.actors import actor_of

CREDITS = ("credits_granted", "credits_second_grants_refused", "quota_hits")


@never_cache
@require_safe
@public("asked by Prometheus, which has no session: held by METRICS_TOKEN, or by a member's own right")
def scrape(request: HttpRequest) -> HttpResponse:
    """The metrics as text; 401 without the bearer token, unless a member who may see health asks."""
    if not _may_scrape(request):
        refused = HttpResponse("Send the bearer token of METRICS_TOKEN.\n", "text/plain", status=401)
        refused["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return refused
    body, content_type = exposition.text(request.headers.get("Accept", ""), timezone.now())
    return HttpResponse(body, content_type)


def _may_scrape(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        held = settings.METRICS_TOKEN
        return bool(held) and constant_time_compare(token.strip(), held)
    return may(request.user, "health.view")


@require_safe
@who_may("health.view")
def index(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    sums, state = queries.sums(), inbox(now)
    opened = [
        (each, alerting.icon_of(each), alerting.label_of(each), alerting.url_of(each), alerting.link_of(each))
        for each in open_alerts()
    ]
    dead = sum(state.dead.values())
    return render(
        request,
        "dashboard/metrics/index.html",
        {
            "now": now,
            "opened": opened,
            "closed": [(each, alerting.label_of(each)) for each in closed_alerts()],
            "may_acknowledge": may(request.user, "work.assign"),
            "lag": in_words(state.lag(now)),
            "late": state.lag(now).total_seconds() > settings.WEBHOOK_LAG_LIMIT_SECONDS,
            "limit": settings.WEBHOOK_LAG_LIMIT_SECONDS,
            "waiting": state.waiting,
            "waiting_more": state.waiting >= MOST_WAITING,
            "dead": dead,
            "dead_more": dead >= MOST_DEAD,
            "heard": [(*sender.partition("/")[::2], at) for sender, at in sorted(state.last_heard.items())],
            "types": figures.by_type(sums, state),
            "columns": figures.COLUMNS,
            "rejected": figures.results(sums, "webhooks_rejected"),
            "calls": figures.calls(sums),
            "payments": figures.results(sums, "payments"),
            "refunds": figures.results(sums, "refunds"),
            "credits": figures.simple(sums, CREDITS),
        },
    )


@require_POST
@who_may("work.assign")
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Says that this member looks after the alert."""
    alert = get_object_or_404(Alert, pk=pk)
    try:
        acknowledge_alert(alert=alert, actor=actor_of(request.user), now=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "You look after this alert. It closes once its reason is gone.")
    return redirect("metrics:index" if may(request.user, "health.view") else "overview")
