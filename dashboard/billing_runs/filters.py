"""What billing runs can be narrowed by."""

from django.db.models import Q

from billing.billing_run.starting import DRY_RUN, KINDS
from billing.jobs.models import RunState
from dashboard.lists import filters

NAMES = {DRY_RUN: "Dry run"}


class RunFilters(filters.ListFilters):
    kind = filters.Choices("kind", "Kind", [(kind, NAMES.get(kind, "Billing run")) for kind in KINDS])
    state = filters.Choices("state", "State", RunState.choices)
    failures = filters.YesNo("Subscriptions that failed", Q(failed__gt=0), answers=("some", "none"))
    created_from = filters.Day("created_at", "Started", "from")
    created_to = filters.Day("created_at", "Started", "to")


class DueFilters(filters.ListFilters):
    state = filters.Choices(
        "state",
        "State",
        [("active", "Active"), ("trialing", "In trial"), ("past_due", "Past due")],
    )
    ends_from = filters.Day("current_period_end", "Due", "from")
    ends_to = filters.Day("current_period_end", "Due", "to")
    customer = filters.OfCustomer()
