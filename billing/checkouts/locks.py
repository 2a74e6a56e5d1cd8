"""The locks of purchases: whoever pays, and the session itself."""

from billing.checkouts.models import CheckoutSession
from billing.customers.models import Customer
from billing.errors import Missing


def lock_buyer(customer_id: int) -> Customer:
    """The customer, held until the transaction ends, so that their purchases are counted one by one."""
    rows = Customer.objects.select_for_update(no_key=True, of=("self",)).select_related("identity")
    found = rows.filter(pk=customer_id).first()
    if found is None:
        raise Missing("customer_missing", "This customer is no longer here.")
    return found


def lock_session(session_id: int) -> CheckoutSession:
    """The session, held until the transaction ends. Raises `Missing`."""
    rows = CheckoutSession.objects.select_for_update(of=("self",)).select_related("package_price__package")
    found = rows.filter(pk=session_id).first()
    if found is None:
        raise Missing("checkout_missing", "This checkout is no longer here.")
    return found
