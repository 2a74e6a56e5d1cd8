"""What trials and their clusters can be narrowed by."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from billing.subscriptions.trials.models import MarkKind, TrialCluster, TrialMark
from dashboard.lists import filters
from dashboard.parts.states import choices


class ClusterField(forms.IntegerField):
    """One cluster, by the number that links give it."""

    def to_python(self, value: Any) -> TrialCluster | None:  # type: ignore[override]
        number = super().to_python(value)
        if number is None:
            return None
        found = TrialCluster.objects.filter(pk=number).first()
        if found is None:
            raise ValidationError("There is no such cluster any more: choose one in the list of clusters.")
        return found

    def prepare_value(self, value: Any) -> Any:
        return value.pk if isinstance(value, TrialCluster) else value

    def validate(self, value: Any) -> None:
        return None

    def run_validators(self, value: Any) -> None:
        return None


class InCluster(filters.ListFilter):
    """Sharing one thing; the list of clusters leads here."""

    field_class = ClusterField

    def __init__(self) -> None:
        super().__init__(field_name="cluster", label="Shares")
        self.extra |= {"required": False, "widget": forms.HiddenInput()}

    def filter(self, qs: filters.Rows, value: TrialCluster | None) -> filters.Rows:
        if value is None:
            return qs
        return qs.filter(pk__in=TrialMark.objects.filter(cluster=value).values("trial_id"))

    def words(self, value: Any) -> str:
        return f"{value.get_kind_display().lower()} {value.hash[:8]}"


class TrialFilters(filters.ListFilters):
    state = filters.Choices("state", "State", choices("trialstart"))
    started_from = filters.Day("started_at", "Started", "from")
    started_to = filters.Day("started_at", "Started", "to")
    customer = filters.OfCustomer()
    cluster = InCluster()


class ClusterFilters(filters.ListFilters):
    kind = filters.Choices("kind", "Shared", [(each.value, each.label) for each in MarkKind])
    last_from = filters.Day("last_at", "Last trial", "from")
    last_to = filters.Day("last_at", "Last trial", "to")
