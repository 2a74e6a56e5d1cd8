"""Reading checkouts."""

from django.db.models import QuerySet

from billing.checkouts.models import CheckoutSession, CheckoutState
from billing.credits.models import CreditLot
from billing.subscriptions.facts import price_of
from billing.subscriptions.plans import Item, in_words


def checkouts_for_list() -> QuerySet[CheckoutSession]:
    """Every checkout with its customer and what is bought: one query."""
    return CheckoutSession.objects.select_related(
        "customer__identity", "package_price__package", "price__tier", "payment", "invoice", "subscription"
    )


def checkout_by_reference(reference: str) -> CheckoutSession | None:
    return checkouts_for_list().filter(reference=reference).first()


def grant_of(session: CheckoutSession) -> CreditLot | None:
    """The units that a paid checkout brought; None while it brought none."""
    if session.fulfilled_at is None or session.package_price_id is None:
        return None
    lots = CreditLot.objects.filter(account__customer=session.customer, cause=session.reference)
    return lots.select_related("account").first()


def bought_words(session: CheckoutSession) -> str:
    """ "2 × 5,000 tokens", "Team × 3, monthly"; empty for a page of the gateway's own."""
    if session.price is not None:
        return in_words(Item(price_of(session.price), session.quantity))
    if session.package_price is None:
        return ""
    name = session.package_price.package.name
    return f"{session.quantity} × {name}" if session.quantity > 1 else name


def waits_in_vain(session: CheckoutSession) -> bool:
    """Whether it was paid, and what it sells could not be given."""
    return (
        session.state == CheckoutState.COMPLETE
        and session.is_ours
        and session.fulfilled_at is None
        and session.kept_at is None
        and session.payment_state == "paid"
    )
