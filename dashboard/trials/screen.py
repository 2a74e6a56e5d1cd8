"""The lists of trials and of what they share, declared."""

from typing import Any

from django.db.models import QuerySet

from billing.subscriptions.trials.models import TrialCluster, TrialStart
from billing.subscriptions.trials.queries import clusters_for_list, trials_for_list
from dashboard.actions.offers import offer
from dashboard.lists.screen import Empty, Export, ListScreen, Tab
from dashboard.lists.sorts import Index, Sort, by_time
from dashboard.parts.entries import Action
from dashboard.trials.filters import ClusterFilters, TrialFilters
from dashboard.trials.tables import ClusterTable, TrialTable, address, cluster_address, plan


def rows(user: Any) -> QuerySet[TrialStart]:
    return trials_for_list()


def clusters(user: Any) -> QuerySet[TrialCluster]:
    return clusters_for_list()


def ways(user: Any) -> list[Action]:
    """Where the list leads: to what trials share, and to how many went on."""
    return [
        *offer(user, "Clusters", "trials:clusters", permission="trials.view", icon="users", method="page"),
        *offer(
            user, "Conversion", "trials:conversion", permission="trials.view", icon="chart-bar", method="page"
        ),
    ]


TRIALS = ListScreen(
    name="trials",
    title="Trials",
    one="trial",
    many="trials",
    address="trials:index",
    permission="trials.view",
    model=TrialStart,
    rows=rows,
    filters=TrialFilters,
    table=TrialTable,
    sorts=(by_time("started", "Started", "started_at"),),
    indexes=(
        Index("started"),
        Index("started", ("state",)),
        Index("started", ("customer",), narrow=True),
        Index("started", ("cluster",), narrow=True),
    ),
    tabs=(
        Tab("running", "Running", {"state": "started"}),
        Tab("converted", "Converted", {"state": "converted"}),
        Tab("ended", "Ended", {"state": "ended"}),
        Tab("canceled", "Canceled", {"state": "canceled"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nobody has tried yet",
        "A trial stands here from the moment it starts, with what became of it. Each customer has one.",
        "hourglass",
    ),
    exports=(
        Export("Reference", "reference"),
        Export("State", "state"),
        Export("Customer", "customer__reference"),
        Export("Name", "customer__identity__name"),
        Export("Plan", plan),
        Export("Subscription", "subscription__reference"),
        Export("Started (UTC)", "started_at"),
        Export("Ends (UTC)", "subscription__trial_ends_at"),
        Export("Decided (UTC)", "decided_at"),
    ),
    row_address=address,
    actions=ways,
)

CLUSTERS = ListScreen(
    name="trial-clusters",
    title="Trial clusters",
    one="cluster",
    many="clusters",
    address="trials:clusters",
    permission="trials.view",
    model=TrialCluster,
    rows=clusters,
    filters=ClusterFilters,
    table=ClusterTable,
    sorts=(
        Sort("trials", "Trials", ("trials",), down="Largest first", up="Smallest first"),
        by_time("last", "Last trial", "last_at"),
    ),
    indexes=(Index("trials"), Index("trials", ("kind",)), Index("last"), Index("last", ("kind",))),
    tabs=(
        Tab("cards", "Cards", {"kind": "card"}),
        Tab("addresses", "Network addresses", {"kind": "address"}),
        Tab("domains", "E-mail domains", {"kind": "domain"}),
        Tab("devices", "Devices", {"kind": "device"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "No two trials have anything in common",
        "Trials that share a card, a network address, an e-mail domain or a device stand here together.",
        "users",
    ),
    exports=(
        Export("Shared", lambda each: each.get_kind_display()),
        Export("Known by", lambda each: each.hash[:8]),
        Export("Trials", "trials"),
        Export("Converted", "converted"),
        Export("First trial (UTC)", "first_at"),
        Export("Last trial (UTC)", "last_at"),
    ),
    row_address=cluster_address,
    key="pk",
)
