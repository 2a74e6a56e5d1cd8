"""How a customer pays, and whether that will still work next time."""

from dataclasses import dataclass
from datetime import date

from billing.payments.models import PaymentMethod
from billing.payments.queries import BRANDS
from dashboard.parts.states import State

#: So many months ahead a card that runs out is worth a word with the customer.
SOON = 2


@dataclass(frozen=True, slots=True)
class Means:
    """One method in words, and what its expiry asks of the reader; `standing` None for nothing."""

    words: str
    expires: str
    is_default: bool
    standing: State | None


def means_of(method: PaymentMethod, today: date) -> Means:
    """Visa ···· 4242, expires 12/2029; warned of from two months before it runs out."""
    name = BRANDS.get(method.brand.lower(), method.brand.replace("_", " ").capitalize())
    name = name or method.get_kind_display()
    words = f"{name} ···· {method.last4}" if method.last4 else name
    if not method.exp_year or not method.exp_month:
        return Means(words, "", method.is_default, None)
    months = (method.exp_year - today.year) * 12 + method.exp_month - today.month
    return Means(words, f"{method.exp_month:02}/{method.exp_year}", method.is_default, _standing(months))


def _standing(months: int) -> State | None:
    if months < 0:
        return State("method", "expired", "Expired", "bad", "credit-card-off")
    if months <= SOON:
        when = "this month" if months == 0 else "next month" if months == 1 else "in two months"
        return State("method", "expiring", f"Expires {when}", "wait", "alert-triangle-filled")
    return None
