"""The locks of purchases: whoever pays, what they are on, and the session itself."""

from billing.checkouts.models import CheckoutSession
from billing.customers.models import Customer
from billing.errors import Missing
from billing.subscriptions.models import Subscription
from billing.subscriptions.rules import TERMINAL


def lock_buyer(customer_id: int) -> Customer:
    """The customer, held until the transaction ends, so that their purchases are counted one by one."""
    rows = Customer.objects.select_for_update(no_key=True, of=("self",)).select_related("identity")
    found = rows.filter(pk=customer_id).first()
    if found is None:
        raise Missing("customer_missing", "This customer is no longer here.")
    return found


def lock_session(session_id: int) -> CheckoutSession:
    """The session, held until the transaction ends. Raises `Missing`."""
    rows = CheckoutSession.objects.select_for_update(of=("self",)).select_related(
        "package_price__package", "price__tier"
    )
    found = rows.filter(pk=session_id).first()
    if found is None:
        raise Missing("checkout_missing", "This checkout is no longer here.")
    return found


def standing(customer_id: int) -> list[Subscription]:
    """The customer's subscriptions that have not ended, the oldest first."""
    rows = Subscription.objects.filter(customer=customer_id).exclude(state__in=TERMINAL)
    return list(rows.order_by("pk"))


def lock_standing(customer_id: int) -> list[Subscription]:
    """The customer's subscriptions that have not ended, and the customer: nobody starts, changes or ends one
    until the transaction ends. The subscriptions first, as whoever changes one does."""
    rows = Subscription.objects.select_for_update(of=("self",)).filter(customer=customer_id)
    running = rows.exclude(state__in=TERMINAL).order_by("pk")
    list(running)
    list(Customer.objects.select_for_update(of=("self",)).filter(pk=customer_id).values_list("pk"))
    return list(running.all())  # again: one may have been started while the customer was waited for
