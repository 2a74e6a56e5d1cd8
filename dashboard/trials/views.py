"""Trials: the list, a trial's own page, what trials share, and how many went on."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.subscriptions.trials.models import TrialCluster
from billing.subscriptions.trials.queries import trial_by_reference
from dashboard.access import who_may
from dashboard.lists.answer import list_view
from dashboard.trials import page
from dashboard.trials.screen import CLUSTERS, TRIALS

index = list_view(TRIALS)
clusters = list_view(CLUSTERS)


@require_safe
@who_may("trials.view")
def show(request: HttpRequest, reference: str) -> HttpResponse:
    trial = trial_by_reference(reference)
    if trial is None:
        raise Http404(f"There is no trial {reference}.")
    return render(request, "dashboard/trials/show.html", page.context(trial, request.user))


@require_safe
@who_may("trials.view")
def cluster(request: HttpRequest, pk: int) -> HttpResponse:
    found = TrialCluster.objects.filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such cluster any more.")
    return render(request, "dashboard/trials/cluster.html", page.cluster_context(found))


@require_safe
@who_may("trials.view")
def conversion(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/trials/conversion.html", page.conversion_context(timezone.now()))
