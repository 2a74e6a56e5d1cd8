"""The columns of the billing runs, and of what is due."""

from typing import Any

from billing.jobs.models import Run
from billing.money import Money
from billing.subscriptions.listing import plan_of
from billing.subscriptions.models import Subscription
from dashboard.actions.related import link
from dashboard.billing_runs.words import address, duration_of, label, moved, until_of
from dashboard.lists import columns
from dashboard.parts.formatting import grouped


class Label(columns.Reference):
    def render(self, value: Any, record: Run) -> Any:  # type: ignore[override]
        return columns.part("ref", columns.desk.ref(label(record), self.address(record)))


class RunTable(columns.ListTable):
    number = Label("Run", address=address, accessor="pk", place="m1")
    state = columns.State("run")
    until = columns.Made("Bills up to", lambda run: _moment(until_of(run)), place="m4", dim=True)
    started_by = columns.ListColumn("Started by", accessor="started_by_name", wide=True, dim=True)
    renewed = columns.Made("Subscriptions", moved, figures=True, place="m2")
    failed = columns.Made(
        "Failed", lambda run: grouped(run.failed) if run.failed else "", figures=True, wide=True
    )
    took = columns.Made("Took", duration_of, figures=True, wide=True, dim=True)
    created = columns.Moment("Started", accessor="created_at", sort="created")


def _moment(at: Any) -> str:
    return columns.part("when", columns.desk.when(at, "short"))


def subscription_address(row: Subscription) -> str:
    return link("subscriptions:show", row.reference, None, "") or ""


def next_amount(row: Subscription) -> Money:
    """What the next period costs at the prices in force, without tax and before what waits."""
    items = row.items.all()
    minor = sum(max(0, each.price.unit_amount_minor * each.quantity - each.discount_minor) for each in items)
    return Money(minor, row.currency)


def then(row: Subscription) -> str:
    """What the end of its period brings, in a word."""
    if row.cancel_at is not None and row.current_period_end and row.cancel_at <= row.current_period_end:
        return "Ends"
    if row.state == "trialing":
        return "Trial is over"
    return "Changes plan" if row.changes_plan else ""  # type: ignore[attr-defined]


class DueTable(columns.ListTable):
    reference = columns.Reference("Subscription", address=subscription_address)
    state = columns.State("subscription")
    customer = columns.CustomerName()
    plan = columns.Made("Plan", plan_of, wide=True)
    then = columns.Made("Then", then, wide=True, dim=True)
    amount = columns.Made(
        "Next period", lambda row: columns.part("money", columns.desk.money(next_amount(row))),
        figures=True, place="m2",
    )  # fmt: skip
    ends = columns.Moment("Due", accessor="current_period_end", sort="due")
