"""What an import has read of each kind, and what that wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from billing.imports.stages import STAGES, Counted
from billing.jobs.models import Run, RunState
from dashboard.access import may
from dashboard.actions.related import list_link

#: Which list shows what a stage has written, who may see it, and the filters that leave Stripe's own.
LISTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "customers": ("customers:index", "customers.view", {}),
    "products": ("catalog:index", "catalog.view", {}),
    "prices": ("catalog:index", "catalog.view", {}),
    "subscriptions": ("subscriptions:index", "subscriptions.view", {}),
    "payment_intents": ("payments:index", "payments.view", {"gateway": "stripe"}),
    "charges": ("payments:index", "payments.view", {"gateway": "stripe"}),
    "invoices": ("invoices:index", "invoices.view", {}),
    "refunds": ("refunds:index", "refunds.view", {"gateway": "stripe"}),
    "disputes": ("disputes:index", "disputes.view", {}),
    "payouts": ("payouts:index", "payouts.view", {}),
}
NOTES = {
    "charges": "Each is an attempt at a payment, so a new one changes a payment.",
    "payment_methods": "A customer's default is known from the customer, so it counts as changed.",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the table. `counted` stages work on our own rows: they read nothing at Stripe."""

    label: str
    state: str
    counted: bool
    offered: bool
    seen: int
    created: int
    changed: int
    failed: int
    url: str = ""
    note: str = ""

    @property
    def begun(self) -> bool:
        return self.offered and (self.seen > 0 or self.state != RunState.QUEUED)

    @property
    def same(self) -> int:
        return max(0, self.seen - self.created - self.changed - self.failed)


@dataclass(frozen=True, slots=True)
class Totals:
    """Over all kinds."""

    seen: int
    created: int
    changed: int
    same: int


def stages_of(run: Run, user: Any = None) -> list[Stage]:
    """The stages in their order, with where the run is."""
    names = [stage.name for stage in STAGES]
    here = names.index(run.cursor["stage"]) if run.cursor.get("stage") in names else -1
    return [
        _stage(run, stage, _state(run, at, here), isinstance(stage, Counted), user)
        for at, stage in enumerate(STAGES)
    ]


def _state(run: Run, at: int, here: int) -> str:
    if run.state == RunState.DONE or at < here:
        return "done"
    if at == here:
        return run.state
    return RunState.CANCELED if run.state == RunState.CANCELED else RunState.QUEUED


def _stage(run: Run, stage: Any, state: str, counted: bool, user: Any) -> Stage:
    told: Mapping[str, Any] = run.result.get(stage.name, {})
    created = told.get("created", 0)
    target, permission, filters = LISTS.get(stage.name, ("", "", {}))
    return Stage(
        label=stage.label,
        state=state,
        counted=counted,
        offered=not told.get("not_offered", False),
        seen=told.get("seen", 0),
        created=created,
        changed=told.get("written", 0) - created,
        failed=told.get("failed", 0),
        url=list_link(target, **filters) if target and user and may(user, permission) else "",
        note=NOTES.get(stage.name, ""),
    )


def totals_of(run: Run) -> Totals:
    """Of objects read; what the counting stages wrote is not one."""
    read = [stage for stage in stages_of(run) if not stage.counted]
    return Totals(
        seen=sum(stage.seen for stage in read),
        created=sum(stage.created for stage in read),
        changed=sum(stage.changed for stage in read),
        same=sum(stage.same for stage in read),
    )
