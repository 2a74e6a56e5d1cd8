"""The objects that an import could not record, with their sentences, and where they stand."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from billing.gateways.stripe_objects.reading import STRIPE
from billing.jobs.models import Run, RunRow
from billing.models import Customer, Dispute, Invoice, Payment, Refund, Subscription
from dashboard.actions.related import link
from dashboard.imports.account import page_at_stripe

SHOWN = 100

#: What an object is here: its model, its page, and who may see that.
HERE: dict[str, tuple[type[Model], str, str]] = {
    "customer": (Customer, "customers:show", "customers.view"),
    "subscription": (Subscription, "subscriptions:show", "subscriptions.view"),
    "invoice": (Invoice, "invoices:show", "invoices.view"),
    "payment intent": (Payment, "payments:show", "payments.view"),
    "refund": (Refund, "refunds:show", "refunds.view"),
    "dispute": (Dispute, "disputes:show", "disputes.view"),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An object by Stripe's id; `reference` and `url` where the books have an earlier state of it."""

    kind: str
    gateway_id: str
    sentence: str
    reference: str
    url: str
    at_stripe: str


def failures_of(run: Run, user: Any, *, after: int = 0) -> tuple[list[Failure], int]:
    """The next failures behind the row `after`, and behind which row there are more (0: none)."""
    if not run.failed:
        return [], 0
    rows = list(RunRow.objects.filter(run=run, ok=False, pk__gt=after).order_by("pk")[: SHOWN + 1])
    shown = rows[:SHOWN]
    known = _known(shown)
    found = []
    for row in shown:
        reference = known.get((row.subject_kind, row.label), "")
        _, target, permission = HERE.get(row.subject_kind, (None, "", ""))
        found.append(
            Failure(
                kind=row.subject_kind,
                gateway_id=row.label,
                sentence=row.message,
                reference=reference,
                url=link(target, reference, user, permission) if reference else "",
                at_stripe=page_at_stripe(run.asked, row.subject_kind, row.label),
            )
        )
    return found, shown[-1].pk if len(rows) > SHOWN else 0


def _known(rows: list[RunRow]) -> dict[tuple[str, str], str]:
    """References by kind and Stripe's id, one query for each kind."""
    ids: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.subject_kind in HERE:
            ids[row.subject_kind].append(row.label)
    found = {}
    for kind, gateway_ids in ids.items():
        matching = HERE[kind][0]._default_manager.filter(gateway=STRIPE, gateway_id__in=gateway_ids)
        for gateway_id, reference in matching.values_list("gateway_id", "reference"):
            found[kind, gateway_id] = reference
    return found
