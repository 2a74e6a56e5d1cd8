"""Reading checkouts."""

from django.db.models import QuerySet

from billing.checkouts.models import CheckoutSession, CheckoutState
from billing.credits.models import CreditLot


def checkouts_for_list() -> QuerySet[CheckoutSession]:
    """Every checkout with its customer and what is bought: one query."""
    return CheckoutSession.objects.select_related(
        "customer__identity", "package_price__package", "payment", "invoice", "subscription"
    )


def checkout_by_reference(reference: str) -> CheckoutSession | None:
    return checkouts_for_list().filter(reference=reference).first()


def grant_of(session: CheckoutSession) -> CreditLot | None:
    """The units that a paid checkout brought; None while it brought none."""
    if session.fulfilled_at is None:
        return None
    lots = CreditLot.objects.filter(account__customer=session.customer, cause=session.reference)
    return lots.select_related("account").first()


def waits_in_vain(session: CheckoutSession) -> bool:
    """Whether it was paid, and what it sells could not be given."""
    return (
        session.state == CheckoutState.COMPLETE
        and session.package_price_id is not None
        and session.fulfilled_at is None
        and session.payment_state == "paid"
    )
