"""The columns of the lists of trials and of their clusters."""

from django.urls import reverse
from django.utils.html import format_html

from billing.subscriptions.listing import plan_of
from billing.subscriptions.trials.models import TrialCluster, TrialStart
from dashboard.lists import columns


def address(trial: TrialStart) -> str:
    return reverse("trials:show", args=[trial.reference])


def cluster_address(cluster: TrialCluster) -> str:
    return reverse("trials:cluster", args=[cluster.pk])


def plan(trial: TrialStart) -> str:
    return plan_of(trial.subscription) if trial.subscription else ""


def ends(trial: TrialStart) -> str:
    """When it ends, or ended."""
    over = trial.subscription.trial_ends_at if trial.subscription else None
    return columns.part("when", columns.desk.when(over, "short")) if over else ""


def shared(cluster: TrialCluster) -> str:
    """What is shared, leading to the trials that share it."""
    words = f"{cluster.get_kind_display()} {cluster.hash[:8]}"
    return format_html('<a class="link" href="{}">{}</a>', cluster_address(cluster), words)


class Shared(columns.Made):
    """What is shared takes the room that is left."""

    fill = True


class Counted(columns.ListColumn):
    """A number, aligned with those above and below it."""

    end = True


class TrialTable(columns.ListTable):
    reference = columns.Reference(address=address)
    state = columns.State("trialstart")
    customer = columns.CustomerName()
    plan = columns.Made("Plan", plan, wide=True, dim=True)
    ends = columns.Made("Trial ends", ends, figures=True, dim=True)
    decided = columns.Moment("Decided", accessor="decided_at", wide=True)
    started = columns.Moment("Started", accessor="started_at", sort="started", place="m2")


class ClusterTable(columns.ListTable):
    shared = Shared("Shared", shared, place="m1")
    trials = Counted("Trials", sort="trials", place="m2")
    converted = Counted("Converted")
    first = columns.Moment("First trial", accessor="first_at", wide=True)
    last = columns.Moment("Last trial", accessor="last_at", sort="last", place="m4")
