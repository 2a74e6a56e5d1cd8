"""What a checkout is for, in words."""

from billing.checkouts.models import CheckoutSession

PURPOSES = {"payment": "One payment", "subscription": "A subscription", "setup": "A payment method"}


def bought(session: CheckoutSession) -> str:
    """2 × 5,000 tokens; for a page of the gateway's own, what it was for."""
    price = session.package_price
    if price is None:
        return PURPOSES.get(session.mode, session.mode)
    name = price.package.name
    return f"{session.quantity} × {name}" if session.quantity > 1 else name


def paid_words(session: CheckoutSession) -> str:
    return {"paid": "Paid", "unpaid": "Not paid", "no_payment_required": "Nothing to pay"}.get(
        session.payment_state, "Not told"
    )
