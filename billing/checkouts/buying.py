"""Starting the purchase of a package: written first, then a page at the gateway is asked for.

What it costs, in which currency and for how many units is the catalog's to say, never the caller's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from billing.catalog.models import PackagePrice, Price
from billing.catalog.terms import Unknown
from billing.checkouts import locks
from billing.checkouts.models import CheckoutMode, CheckoutPayment, CheckoutSession, CheckoutState
from billing.checkouts.paging import open_page_of
from billing.checkouts.returning import safe_return
from billing.checkouts.rules import DOUBLE_WITHIN, HOUR, MOST_AT_ONCE, OPEN_FOR, check_pace
from billing.customers.models import Customer
from billing.errors import Conflict, InvalidInput
from billing.history.actors import Actor
from billing.history.services import record
from billing.ids import new_reference
from billing.invoices.composing import Piece
from billing.invoices.issuing import InvoiceOrder, prepare_orders
from billing.logs import note_odd, service
from billing.money import Money
from billing.payments.models import Payment

__all__ = [
    "Offer",
    "check_key",
    "gateway_of",
    "lately_started",
    "offer_of",
    "start_purchase",
    "sums_of",
    "write_purchase",
    "write_session",
]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a customer is asked to pay: the price, how many of it, and the sums with their tax."""

    price: PackagePrice
    quantity: int
    net: Money
    tax: Money
    total: Money

    @property
    def units(self) -> int:
        return self.price.units * self.quantity

    @property
    def description(self) -> str:
        name = self.price.package.name
        return f"{self.quantity} × {name}"[:300] if self.quantity > 1 else name[:300]


def offer_of(*, customer: Customer, package: str, quantity: int, now: datetime) -> Offer:
    """The offer that the catalog makes this customer, in their currency, else in the reporting currency.

    Raises `Unknown` for a package that is not sold, and what the tax rules refuse.
    """
    if isinstance(quantity, bool) or not 1 <= quantity <= MOST_AT_ONCE:
        raise InvalidInput(
            "quantity_out_of_range", f"How many: from 1 to {MOST_AT_ONCE} at once.", field="quantity"
        )
    price = _price(package, customer)
    amount = price.amount_minor * quantity
    sold = price.package
    piece = Piece("package", sold.name, amount, inclusive=price.tax_inclusive, tax_class=sold.tax_class)
    net, tax = sums_of(customer, piece, price.currency, now)
    return Offer(price, quantity, net, tax, net + tax)


def sums_of(customer: Customer, piece: Piece, currency: str, now: datetime) -> tuple[Money, Money]:
    """Net and tax of one piece for this customer today. Raises what the tax rules refuse: for a customer
    without a country, say, with the sentence that names it."""
    order = InvoiceOrder(customer.pk, None, currency, (piece,), "offer", collect="", takes_pending=False)
    composed = prepare_orders([order], {customer.pk: customer}, now=now)[0].composed
    return Money(composed.net_minor, currency), Money(composed.tax_minor, currency)


def _price(package: str, customer: Customer) -> PackagePrice:
    sold = PackagePrice.objects.select_related("package").filter(
        package__slug=package, package__is_archived=False, is_active=True
    )
    prices = {each.currency: each for each in sold}
    if not prices:
        note_odd("checkouts.unknown_package", slug=package[:64], customer=customer.pk)
        raise Unknown("package_unknown", f'Package: none called "{package[:64]}" is sold.', field="package")
    price = prices.get(customer.currency) or prices.get(settings.REPORTING_CURRENCY)
    if price is None:
        raise Unknown(
            "package_not_sold_here",
            f"Package: it has no price in {customer.currency or settings.REPORTING_CURRENCY}.",
            field="package",
        )
    return price


@service("checkouts")
def start_purchase(
    *,
    customer_id: int,
    package: str,
    quantity: int,
    return_url: str,
    key: str,
    actor: Actor,
    now: datetime,
) -> CheckoutSession:
    """Starts a purchase and gives its session, whose ``url`` is where the customer pays.

    The same ``key`` gives the same session. At most ten an hour and account are started, else `NotAllowed`.
    Raises `Unknown` for a package that is not sold, and `Conflict` when the gateway cannot be asked now; the
    session then stays and the same call tries again. Nothing is granted before a gateway says it was paid.
    """
    return open_page_of(write_purchase(customer_id, package, quantity, return_url, key, actor, now), now=now)


@transaction.atomic
def write_purchase(
    customer_id: int,
    package: str,
    quantity: int,
    return_url: str,
    key: str,
    actor: Actor,
    now: datetime,
    gateway: str = "",
) -> CheckoutSession:
    """The session and the payment that will come, under the buyer's lock; no page is asked for yet."""
    check_key(key)
    customer = locks.lock_buyer(customer_id)
    before = CheckoutSession.objects.filter(key=key).select_related("package_price__package").first()
    if before is not None:
        return _the_same(before, customer_id, package, quantity)
    recent = lately_started(customer_id, now)
    check_pace(list(recent.values_list("created_at", flat=True)), now)
    offer = offer_of(customer=customer, package=package, quantity=quantity, now=now)
    twins = recent.filter(package_price__package=offer.price.package_id, created_at__gt=now - DOUBLE_WITHIN)
    if twins.exists():
        note_odd("checkouts.double_purchase", customer=customer_id, package=package, key=key[:120])
    return write_session(
        customer=customer,
        gateway=gateway or gateway_of(customer),
        sold=offer.price,
        quantity=quantity,
        total=offer.total,
        description=offer.description,
        return_url=return_url,
        key=key,
        actor=actor,
        now=now,
        facts={"package": package, "units": offer.units, "version": offer.price.version},
    )


def check_key(key: str) -> None:
    if not key or len(key) > 120:
        raise InvalidInput("key_malformed", "Key: 1 to 120 characters, the same for the same purchase.")


def lately_started(customer_id: int, now: datetime) -> QuerySet[CheckoutSession]:
    """What the customer, locked, started to buy within the hour; a page that was refused does not count."""
    bought = CheckoutSession.objects.filter(customer=customer_id, key__isnull=False)
    return bought.filter(created_at__gt=now - HOUR).exclude(state=CheckoutState.FAILED)


def write_session(
    *,
    customer: Customer,
    gateway: str,
    sold: PackagePrice | Price,
    quantity: int,
    total: Money,
    description: str,
    return_url: str,
    key: str,
    actor: Actor,
    now: datetime,
    facts: dict[str, Any],
) -> CheckoutSession:
    """The session and the payment that will come, in the caller's transaction; the reference of the one is
    the key of the other."""
    reference = new_reference("CHK", now.date())
    payment = Payment.objects.create(
        reference=new_reference("PAY", now.date()),
        idempotency_key=reference,
        customer=customer,
        state="pending",
        currency=total.currency,
        amount_minor=total.minor,
        gateway=gateway,
        description=description[:300],
        created_at=now,
    )
    record(payment, "created", actor=actor, now=now, to_state="pending", money=total, checkout=reference)
    session = CheckoutSession.objects.create(
        reference=reference,
        gateway=gateway,
        mode=CheckoutMode.PAYMENT,
        state=CheckoutState.STARTING,
        payment_state=CheckoutPayment.UNPAID,
        customer=customer,
        payment=payment,
        currency=total.currency,
        amount_minor=total.minor,
        created_at=now,
        expires_at=now + OPEN_FOR,
        package_price=sold if isinstance(sold, PackagePrice) else None,
        price=sold if isinstance(sold, Price) else None,
        quantity=quantity,
        key=key,
        asked_by_ref=actor.ref,
        return_url=safe_return(return_url, settings.RETURN_HOSTS, settings.RETURN_URL),
    )
    record(
        session, "created", actor=actor, now=now, to_state=session.state, money=total, quantity=quantity,
        **facts,
    )  # fmt: skip
    return session


def _the_same(before: CheckoutSession, customer_id: int, package: str, quantity: int) -> CheckoutSession:
    sold = before.package_price.package.slug if before.package_price else ""
    if (before.customer_id, sold, before.quantity) != (customer_id, package, quantity):
        raise Conflict("key_used_before", "Key: another purchase was started with it. Use a new one.")
    return before


def gateway_of(customer: Customer) -> str:
    """The customer's own gateway where it has pages to pay on, else the one that is set."""
    own = customer.gateway
    if own and own in settings.GATEWAYS and own == "stripe" and settings.STRIPE_API_KEY:
        return own
    return str(settings.CHECKOUT_GATEWAY)
