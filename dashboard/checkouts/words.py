"""What a checkout is for, in words."""

from billing.checkouts.models import CheckoutSession
from billing.checkouts.queries import bought_words

PURPOSES = {"payment": "One payment", "subscription": "A subscription", "setup": "A payment method"}


def bought(session: CheckoutSession) -> str:
    """2 × 5,000 tokens, or Team × 3, monthly; for a page of the gateway's own, what it was for."""
    return bought_words(session) or PURPOSES.get(session.mode, session.mode)


def paid_words(session: CheckoutSession) -> str:
    return {"paid": "Paid", "unpaid": "Not paid", "no_payment_required": "Nothing to pay"}.get(
        session.payment_state, "Not told"
    )
