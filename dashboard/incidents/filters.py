"""What outages, and what customers get for them, can be narrowed by."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from billing.catalog.models import Meter
from billing.ids import normalise
from billing.incidents.models import Incident
from dashboard.lists import filters
from dashboard.parts.states import choices


def meters() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Meter.objects.order_by("name").values_list("pk", "name")]


class IncidentFilters(filters.ListFilters):
    state = filters.Choices("state", "State", choices("incident"))
    meter = filters.Choices("meter", "Meter", meters)
    created_from = filters.Day("created_at", "Recorded", "from")
    created_to = filters.Day("created_at", "Recorded", "to")


class IncidentField(forms.CharField):
    """An outage by reference: INC-20261118-7K2M9QPA."""

    def to_python(self, value: Any) -> Incident | None:  # type: ignore[override]
        text = (super().to_python(value) or "").strip()
        if not text:
            return None
        found = Incident.objects.filter(reference=normalise(text)).first()
        if found is None:
            raise ValidationError("No incident has this reference; it looks like INC-20261118-7K2M9QPA.")
        return found

    def prepare_value(self, value: Any) -> Any:
        return value.reference if isinstance(value, Incident) else value


class OfIncident(filters.ListFilter):
    """Of one outage, named by reference."""

    field_class = IncidentField

    def __init__(self) -> None:
        super().__init__(field_name="incident", label="Incident")
        self.extra["required"] = False

    def filter(self, qs: filters.Rows, value: Incident | None) -> filters.Rows:
        return qs.filter(incident=value.pk) if value else qs

    def words(self, value: Any) -> str:
        return str(value.reference)


class CreditFilters(filters.ListFilters):
    incident = OfIncident()
    given = filters.YesNo("Credited", Q(entry__isnull=False), answers=("yes", "not yet"))
    nothing = filters.YesNo("Gets something", Q(why_not=""), answers=("yes", "nothing"))
    customer = filters.OfCustomer()
