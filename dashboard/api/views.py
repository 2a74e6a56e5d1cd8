"""The keys by which a host product calls the API."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from billing.errors import Refused
from dashboard.access import may, who_may
from dashboard.api import keys
from dashboard.api.forms import KeyForm, ReasonForm
from dashboard.api.models import ApiKey
from dashboard.staff.actors import actor_of

MOST = 200


@require_safe
@who_may("api.view")
def index(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "dashboard/api/index.html",
        {"keys": ApiKey.objects.all()[:MOST], "may_manage": may(request.user, "api.manage")},
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@who_may("api.manage")
def new(request: HttpRequest) -> HttpResponse:
    """The answer to a form that is right is the key itself, this once."""
    form = KeyForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "back": reverse("api:index")}
    if request.method != "POST":
        return render(request, "dashboard/api/new.html", context)
    if form.is_valid():
        try:
            key, secret = keys.create_key(
                **form.cleaned_data, actor=actor_of(request.user), now=timezone.now()
            )
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
        else:
            return render(request, "dashboard/api/made.html", {**context, "key": key, "secret": secret})
    return render(request, "dashboard/api/new.html", context, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@who_may("api.manage")
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(ApiKey, pk=pk)
    form = ReasonForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                keys.revoke_key(
                    key_id=key.pk,
                    reason=form.cleaned_data["reason"],
                    actor=actor_of(request.user),
                    now=timezone.now(),
                )
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.sentence)
            else:
                messages.success(request, f"{key.name} is revoked; its next call is refused.")
                url = reverse("api:index")
                return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]
    return render(
        request,
        "dashboard/api/revoke.html",
        {"form": form, "key": key, "back": reverse("api:index")},
        status=status,
    )
