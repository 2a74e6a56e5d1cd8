"""Orders of invoices for tests, and what was made of them."""

from datetime import date
from typing import Any

from billing.history.actors import system
from billing.invoices.composing import Piece
from billing.invoices.orders import InvoiceOrder
from billing.models import Customer
from billing.periods import Period
from tests import make

NOW = make.NOW
RUN = system("billing_run")
NOVEMBER = Period(NOW.replace(day=1, hour=0, minute=0), NOW.replace(month=12, day=1, hour=0, minute=0))


def piece(amount: int = 2_900, **more: Any) -> Piece:
    """A month of Pro."""
    told = {"kind": "subscription", "description": "Pro, monthly", "amount_minor": amount, "period": NOVEMBER}
    return Piece(**(told | more))


def credit(amount: int, **more: Any) -> Piece:
    """Unused time."""
    return piece(-amount, **({"kind": "proration_credit", "description": "Unused time on Pro"} | more))


def order(of: Customer, *pieces: Piece, **more: Any) -> InvoiceOrder:
    """One invoice of a month of Pro, unless other pieces are given."""
    told = {
        "customer_id": of.pk,
        "subscription_id": None,
        "currency": "EUR",
        "pieces": pieces or (piece(),),
        "cause": f"renewal:{make.serial()}",
        "tax_point": date(2026, 11, 1),
    }
    return InvoiceOrder(**(told | more))


def buyer(country: str = "NL", **more: Any) -> Customer:
    """A customer with an address, a consumer unless a `tax_id` is given."""
    identity = {name: more.pop(name) for name in ("tax_id", "postal_code", "city", "line1") if name in more}
    made = make.customer(country=country, **more)
    for name, value in identity.items():
        setattr(made.identity, name, value)
    made.identity.save()
    return made
