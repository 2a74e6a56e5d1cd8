"""The imports list, declared."""

from collections.abc import Mapping
from typing import Any

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat

from billing.imports.queries import KIND
from billing.jobs.models import Run
from dashboard.actions.offers import offer
from dashboard.imports.counts import stages_of, totals_of
from dashboard.imports.filters import ImportFilters
from dashboard.imports.page import actions as actions_of
from dashboard.imports.page import pairs
from dashboard.imports.tables import ImportTable, address, took
from dashboard.lists.screen import Empty, Export, ListScreen, Peek, Tab
from dashboard.lists.sorts import Index, by_time
from dashboard.parts.entries import Action


def rows(user: Any) -> QuerySet[Run]:
    # As text, because a row is named in the address, where anything may stand.
    return Run.objects.filter(kind=KIND).annotate(name=Concat(Value("Import "), Cast("pk", CharField())))


def header(user: Any) -> list[Action]:
    return offer(
        user,
        "Import from Stripe…",
        "imports:new",
        permission="imports.run",
        icon="database-import",
        kind="primary",
    )


def peek_context(run: Run, user: Any) -> Mapping[str, Any]:
    return {
        "work": run,
        "pairs": pairs(run, news=True),
        "stages": [stage for stage in stages_of(run, user) if stage.seen or stage.failed],
        "peek_actions": actions_of(run, user),
    }


IMPORTS = ListScreen(
    name="imports",
    title="Imports",
    one="import",
    many="imports",
    address="imports:index",
    permission="imports.view",
    model=Run,
    rows=rows,
    filters=ImportFilters,
    table=ImportTable,
    sorts=(by_time(label="Started"),),
    indexes=(Index("created"),),
    tabs=(
        Tab("under_way", "Under way", {"state": ["queued", "running"]}),
        Tab("stopped", "Stopped", {"state": "failed"}),
        Tab("failures", "With failures", {"failures": "yes"}),
        Tab("all", "All"),
    ),
    usual="all",
    empty=Empty(
        "Nothing has been imported yet",
        "An import reads a whole Stripe account into the books: customers, subscriptions, invoices, payments "
        "and what followed on them. It changes nothing at Stripe.",
        "database-import",
    ),
    exports=(
        Export("Import", "pk"),
        Export("State", "state"),
        Export("Started by", "started_by_name"),
        Export("Read", "done"),
        Export("New", lambda run: totals_of(run).created),
        Export("Changed", lambda run: totals_of(run).changed),
        Export("Failed", "failed"),
        Export("Took", took),
        Export("Started (UTC)", "created_at"),
        Export("Ended (UTC)", "finished_at"),
        Export("Message", "message"),
    ),
    row_address=address,
    key="name",
    peek=Peek("dashboard/imports/_peek.html", peek_context),
    actions=header,
)
