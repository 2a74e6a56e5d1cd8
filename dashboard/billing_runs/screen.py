"""The list of billing runs, and the list of what is due, declared."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from billing.billing_run.starting import BILLING_RUN, DRY_RUN, KINDS
from billing.jobs.models import Run
from billing.subscriptions.changes import PendingChange
from billing.subscriptions.listing import plan_of, subscriptions_for_list
from billing.subscriptions.models import CollectedBy, Subscription
from billing.subscriptions.rules import BILLABLE
from dashboard.actions.offers import offer
from dashboard.billing_runs import page
from dashboard.billing_runs.filters import DueFilters, RunFilters
from dashboard.billing_runs.tables import DueTable, RunTable, next_amount, subscription_address, then
from dashboard.billing_runs.words import address, duration_of, label, until_of
from dashboard.lists.screen import Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.parts.entries import Action


def rows(user: Any) -> QuerySet[Run]:
    # As text, because a row is named in the address, where anything may stand.
    named = Concat(Value("Run "), Cast("pk", CharField()))
    return Run.objects.filter(kind__in=KINDS).annotate(name=named)


def header(user: Any) -> list[Action]:
    seen = {"permission": "billing_runs.view", "method": "page"}
    return [*offer(user, "What is due", "billing_runs:due", icon="calendar-due", **seen), *starts(user)]


def due_header(user: Any) -> list[Action]:
    seen = {"permission": "billing_runs.view", "method": "page"}
    return [*offer(user, "Billing runs", "billing_runs:index", icon="list-check", **seen), *starts(user)]


def starts(user: Any) -> list[Action]:
    """What can be started, from either list."""
    return [
        *offer(
            user, "Dry run…", "billing_runs:dry", permission="billing_runs.run", icon="flask",
        ),
        *offer(
            user, "Bill what is due…", "billing_runs:new", permission="billing_runs.run", icon="player-play",
            kind="primary",
        ),
    ]  # fmt: skip


def peek_context(run: Run, user: Any) -> Mapping[str, Any]:
    return page.peek(run, user)


BILLING_RUNS = ListScreen(
    name="billing_runs",
    title="Billing runs",
    one="billing run",
    many="billing runs",
    address="billing_runs:index",
    permission="billing_runs.view",
    model=Run,
    rows=rows,
    filters=RunFilters,
    table=RunTable,
    sorts=(by_time(label="Started"),),
    indexes=(Index("created"), Index("created", ("kind",))),
    tabs=(
        Tab("under_way", "Under way", {"state": ["queued", "running", "paused"]}),
        Tab("failures", "With failures", {"failures": "yes", "kind": BILLING_RUN}),
        Tab("dry", "Dry runs", {"kind": DRY_RUN}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nothing has been billed here yet",
        "Every hour the desk bills the subscriptions that it collects itself and whose period has ended. "
        "Each run stands here with what it wrote and whom it could not bill.",
        "receipt",
    ),
    exports=(
        Export("Run", label),
        Export("State", "state"),
        Export("Bills up to (UTC)", until_of),
        Export("Started by", "started_by_name"),
        Export("Subscriptions", "done"),
        Export("Failed", "failed"),
        Export("Took", duration_of),
        Export("Started (UTC)", "created_at"),
        Export("Ended (UTC)", "finished_at"),
    ),
    row_address=address,
    key="name",
    peek=Peek("dashboard/billing_runs/_peek.html", peek_context),
    actions=header,
)


def due_rows(user: Any) -> QuerySet[Subscription]:
    waiting = PendingChange.objects.filter(
        subscription=OuterRef("pk"), applied_at__isnull=True, withdrawn_at__isnull=True
    )
    ours = subscriptions_for_list().filter(
        collected_by=CollectedBy.US, state__in=sorted(BILLABLE), current_period_end__isnull=False
    )
    return ours.annotate(changes_plan=Exists(waiting))


def by(days: int) -> dict[str, str]:
    return {"ends_to": (timezone.localdate() + timedelta(days=days)).isoformat()}


DUE = ListScreen(
    name="billing_due",
    title="What is due",
    one="subscription",
    many="subscriptions",
    address="billing_runs:due",
    permission="billing_runs.view",
    model=Subscription,
    rows=due_rows,
    filters=DueFilters,
    table=DueTable,
    sorts=(
        by_time(
            "due", "Due", "current_period_end", descending=False, down="Latest first", up="Soonest first",
            ranges=("ends_from", "ends_to"),
        ),
    ),
    indexes=(Index("due"), Index("due", ("customer",), narrow=True)),
    tabs=(
        Tab("today", "By the end of today", lambda user: by(0)),
        Tab("week", "Within a week", lambda user: by(7)),
        Tab("trials", "Trials that end", {"state": "trialing"}),
        Tab("all", "All"),
    ),
    usual="today",
    empty=Empty(
        "Nothing is due today",
        "Subscriptions that we collect stand here from the day on which their period ends until they are "
        "billed.",
        "calendar-check",
    ),
    exports=(
        Export("Subscription", "reference"),
        Export("State", "state"),
        Export("Customer", "customer__reference"),
        Export("Name", "customer__identity__name"),
        Export("Plan", plan_of),
        Export("Then", then),
        Export("Next period", next_amount, money=True),
        Export("Due (UTC)", "current_period_end"),
    ),
    row_address=subscription_address,
    money=next_amount,
    actions=due_header,
)  # fmt: skip
