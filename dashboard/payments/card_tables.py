"""The columns of the list of cards, and how a card stands by today's month."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from billing.payments.models import PaymentMethod
from billing.payments.queries import method_label
from dashboard.lists import columns
from dashboard.parts.states import State


def address(card: PaymentMethod) -> str:
    return reverse("customers:show", args=[card.customer.reference])


def standing_of(card: PaymentMethod) -> State:
    """Expired, expiring this month or the next, or good."""
    today = timezone.localdate()
    months = ((card.exp_year or 0) - today.year) * 12 + (card.exp_month or 0) - today.month
    if months < 0:
        return State("method", "expired", "Expired", "bad", "credit-card-off")
    if months > 1:
        return State("method", "good", "Good", "ok", "circle-check-filled")
    when = "this month" if months == 0 else "next month"
    return State("method", "expiring", f"Expires {when}", "wait", "alert-triangle-filled")


def label(card: PaymentMethod) -> str:
    """Visa ···· 4242, without its month, which has a column."""
    return method_label(card).rsplit(",", 1)[0]


def state(card: PaymentMethod) -> str:
    return columns.part("state", columns.desk.state(standing_of(card)))


def expires(card: PaymentMethod) -> str:
    return f"{card.exp_month:02}/{card.exp_year}"


def other(card: Any) -> str:
    return "Yes" if card.has_other else "None"


def charged(card: Any) -> str:
    return "Yes" if card.is_charged else "No"


def told(card: Any) -> str:
    if card.told_at is None:
        return "not yet"
    return columns.part("when", columns.desk.when(card.told_at, "short"))


class CardTable(columns.ListTable):
    card = columns.Made("Card", label, place="m4")
    state = columns.Made("State", state, place="m3")
    customer = columns.CustomerName()
    charged = columns.Made("We charge it", charged, wide=True, dim=True)
    other = columns.Made("Another card", other, wide=True, dim=True)
    told = columns.Made("Last told", told, figures=True, wide=True, dim=True)
    expires = columns.Made("Expires", expires, figures=True, place="m2", sort="expiry")
