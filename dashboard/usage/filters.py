"""What usage can be narrowed by."""

from billing.catalog.models import Meter
from dashboard.lists import filters


def meters() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Meter.objects.order_by("name", "pk").values_list("pk", "name")]


class UsageFilters(filters.ListFilters):
    meter = filters.Choices("meter", "Meter", meters)
    received_from = filters.Day("received_at", "Received", "from")
    received_to = filters.Day("received_at", "Received", "to")
