"""Where an alert leads: to the rows that it is about."""

from urllib.parse import urlencode

from billing.notifications.models import Alert
from dashboard.parts.navigation import address

#: kind: icon, label, where the link leads, what it says
KINDS: dict[str, tuple[str, str, str]] = {
    "webhooks.dead": ("webhook", "Dead events", "See the dead events"),
    "webhooks.lag": ("clock", "Backlog", "See what waits longest"),
    "webhooks.quiet": ("eye-off", "Silent endpoint", "See what it sent last"),
    "checkouts.paid_in_vain": ("shopping-cart", "Paid, and nothing given", "See the checkout"),
}


def icon_of(alert: Alert) -> str:
    return KINDS[alert.kind][0] if alert.kind in KINDS else "alert-triangle-filled"


def label_of(alert: Alert) -> str:
    return KINDS[alert.kind][1] if alert.kind in KINDS else alert.kind


def link_of(alert: Alert) -> str:
    return KINDS[alert.kind][2] if alert.kind in KINDS else "See it"


def url_of(alert: Alert) -> str:
    """The rows concerned; empty where the desk has no screen for them."""
    facts, index = alert.facts, address("webhooks:index")
    if alert.kind == "checkouts.paid_in_vain":
        checkouts = address("checkouts:index")
        return f"{checkouts}{facts['checkout']}/" if checkouts and facts.get("checkout") else checkouts
    if not index:
        return ""
    if alert.kind == "webhooks.dead":
        where = {"state": "dead", "source": facts.get("source", ""), "type": facts.get("type", "")}
        return f"{index}?{urlencode(where)}"
    if alert.kind == "webhooks.lag":
        return f"{index}{facts['event']}/" if facts.get("event") else f"{index}?state=received"
    if alert.kind == "webhooks.quiet":
        return f"{index}?{urlencode({'source': facts.get('source', '')})}"
    return ""
