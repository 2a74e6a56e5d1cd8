"""Which meters a gateway is told of, what waits, and what could not be told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from billing.catalog.models import Meter
from billing.usage import pushing
from billing.usage.push_models import GatewayMeter, MeterPush
from dashboard.access import may, who_may
from dashboard.actions.dialog import Done, act
from dashboard.actions.fields import ReasonField
from dashboard.parts.entries import Effect
from dashboard.staff.actors import actor_of

#: The gateways that bill by what they are told was used.
GATEWAYS = [("stripe", "Stripe Billing")]
SHOWN = 20
#: Counting stops here: that there are more is enough to know.
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """One mapping: how many wait, how many were given up, and when the last arrived."""

    row: GatewayMeter
    gateway: str
    waiting: int
    given_up: int
    last_sent: datetime | None


class MapForm(forms.Form):
    meter = forms.ModelChoiceField(Meter.objects.order_by("name"), label="Meter", to_field_name="slug")
    gateway = forms.ChoiceField(label="At", choices=GATEWAYS)
    event_name = forms.CharField(
        label="Event name", max_length=100, help_text="As the meter there has it, such as api_calls."
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["reason"] = ReasonField("Reason")


class StopForm(forms.Form):
    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["reason"] = ReasonField("Reason")


@require_safe
@who_may("usage.view")
def index(request: HttpRequest) -> HttpResponse:
    """Each meter that is pushed, and the latest that could not be; a few short queries each."""
    found = GatewayMeter.objects.select_related("meter").order_by("ended_at", "meter__name", "pk")
    given_up = MeterPush.objects.filter(given_up_at__isnull=False).select_related("gateway_meter", "event")
    return render(
        request,
        "dashboard/usage/pushes.html",
        {
            "rows": [_row(each) for each in found],
            "given_up": given_up.order_by("-given_up_at", "-pk")[:SHOWN],
            "may_map": may(request.user, "catalog.edit"),
            "as_of": timezone.now(),
        },
    )


def _row(row: GatewayMeter) -> Row:
    pushes = MeterPush.objects.filter(gateway_meter=row)
    waiting = pushes.filter(due_at__isnull=False).values_list("pk")[:MOST]
    lost = pushes.filter(given_up_at__isnull=False).values_list("pk")[:MOST]
    last = pushes.filter(sent_at__isnull=False).order_by("-pk").values_list("sent_at", flat=True).first()
    return Row(row, dict(GATEWAYS).get(row.gateway, row.gateway), len(waiting), len(lost), last)


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("catalog.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Maps a meter to the name under which a gateway is told of it."""
    back = reverse("usage:pushes")
    return act(
        request,
        template="dashboard/usage/push.html",
        form=MapForm,
        effects=lambda form: [
            Effect(
                "Its events are pushed from now on",
                "Of customers whose subscription the gateway collects; what was used before is not told.",
                "upload",
            ),
            Effect("Once each", "Under an identifier made of the event's own key.", "fingerprint"),
        ],
        primary=lambda form: "Push the meter",
        perform=lambda form, key: pushing.map_meter(
            meter=form.cleaned_data["meter"].slug,
            gateway=form.cleaned_data["gateway"],
            event_name=form.cleaned_data["event_name"],
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        done=lambda made: Done(f"{made.meter.name} is pushed as {made.event_name}", url=back, go=True),
        back=back,
        context={"title": "Push a meter to a gateway", "lede": "The gateway bills by what it is told."},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("catalog.edit")
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Promises no more of it."""
    row = GatewayMeter.objects.select_related("meter").filter(pk=pk).first()
    if row is None:
        raise Http404("This meter is not pushed.")
    back = reverse("usage:pushes")
    return act(
        request,
        template="dashboard/usage/push.html",
        form=StopForm,
        effects=lambda form: [
            Effect("No more of its events are promised", "What waits is still sent.", "ban")
        ],
        primary=lambda form: "Stop pushing",
        perform=lambda form, key: pushing.unmap_meter(
            gateway_meter_id=row.pk,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request.user),
            now=timezone.now(),
        ),
        done=lambda made: Done(f"{row.meter.name} is no longer pushed", url=back, go=True),
        back=back,
        context={
            "title": f"Stop pushing {row.meter.name}",
            "lede": f"As {row.event_name}.",
            "danger": True,
        },
    )
