"""Reading alerts."""

from django.db.models import F

from billing.notifications.models import Alert

MOST = 100


def open_alerts() -> list[Alert]:
    """The alerts that are open, those that nobody looks after first; at most a hundred."""
    rows = Alert.objects.filter(closed_at=None)
    return list(rows.order_by(F("acknowledged_at").asc(nulls_first=True), "-opened_at", "-pk")[:MOST])


def closed_alerts(most: int = 20) -> list[Alert]:
    """The alerts that closed last."""
    return list(Alert.objects.filter(closed_at__isnull=False).order_by("-closed_at", "-pk")[:most])
