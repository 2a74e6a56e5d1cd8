"""What disputes can be narrowed by."""

from typing import Any

from django.db.models import Value
from django.db.models.functions import Coalesce

from billing.disputes.models import NO_DEADLINE
from dashboard.lists import filters
from dashboard.parts.states import choices


class AnswerBy(filters.Day):
    """Within the deadline as its index has it: one without is due after all days."""

    def filter(self, qs: filters.Rows, value: Any) -> filters.Rows:
        return super().filter(qs.alias(due=Coalesce("evidence_due_at", Value(NO_DEADLINE))), value)


class DisputeFilters(filters.ListFilters):
    state = filters.Choices("state", "State", choices("dispute"))
    due_from = AnswerBy("due", "Answer by", "from")
    due_to = AnswerBy("due", "Answer by", "to")
    created_from = filters.Day("created_at", "Opened", "from")
    created_to = filters.Day("created_at", "Opened", "to")
    customer = filters.OfCustomer()
