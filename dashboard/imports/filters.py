"""What imports can be narrowed by."""

from django.db.models import Q

from billing.jobs.models import RunState
from dashboard.lists import filters


class ImportFilters(filters.ListFilters):
    state = filters.Choices(
        "state", "State", [choice for choice in RunState.choices if choice[0] != RunState.PAUSED]
    )
    failures = filters.YesNo("Objects that failed", Q(failed__gt=0), answers=("some", "none"))
    created_from = filters.Day("created_at", "Started", "from")
    created_to = filters.Day("created_at", "Started", "to")
