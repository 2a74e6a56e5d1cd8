"""Starting the purchase of a package: written first, then a page at the gateway, then its answer.

What it costs, in which currency and for how many units is the catalog's to say, never the caller's.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from billing.catalog.models import PackagePrice
from billing.catalog.terms import Unknown
from billing.checkouts import locks
from billing.checkouts.models import CheckoutMode, CheckoutPayment, CheckoutSession, CheckoutState
from billing.checkouts.returning import safe_return
from billing.checkouts.rules import (
    DOUBLE_WITHIN,
    HOUR,
    MACHINE,
    MOST_AT_ONCE,
    OPEN_FOR,
    check_pace,
)
from billing.customers.models import Customer
from billing.errors import Conflict, InvalidInput
from billing.gateways.errors import GatewayError, GatewayRefused, NotSetUp
from billing.gateways.facts import PageFact
from billing.gateways.registry import charger_named
from billing.history.actors import Actor
from billing.history.actors import gateway as gateway_actor
from billing.history.services import move, record
from billing.ids import new_reference
from billing.invoices.composing import Piece
from billing.invoices.issuing import InvoiceOrder, prepare_orders
from billing.logs import add_facts, note_odd, service
from billing.money import Money
from billing.payments.models import Payment
from billing.payments.rules import MACHINE as PAYMENTS

__all__ = [
    "Offer",
    "offer_of",
    "open_at_gateway",
    "record_page",
    "start_purchase",
    "write_purchase",
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
    order = InvoiceOrder(
        customer.pk, None, price.currency, (piece,), "offer", collect="", takes_pending=False
    )
    composed = prepare_orders([order], {customer.pk: customer}, now=now)[0].composed
    net = Money(composed.net_minor, price.currency)
    tax = Money(composed.tax_minor, price.currency)
    return Offer(price, quantity, net, tax, net + tax)


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
    if not key or len(key) > 120:
        raise InvalidInput("key_malformed", "Key: 1 to 120 characters, the same for the same purchase.")
    session = write_purchase(customer_id, package, quantity, return_url, key, actor, now)
    if session.state == CheckoutState.STARTING:
        session = open_at_gateway(session, now=now)
    if session.state == CheckoutState.FAILED:
        raise Conflict("checkout_refused", f"The gateway refused to open a page: {session.failure}")
    add_facts(checkout=session.reference, state=str(session.state))
    return session


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
    customer = locks.lock_buyer(customer_id)
    before = CheckoutSession.objects.filter(key=key).select_related("package_price__package").first()
    if before is not None:
        return _the_same(before, customer_id, package, quantity)
    bought = CheckoutSession.objects.filter(customer=customer_id, package_price__isnull=False)
    recent = bought.filter(created_at__gt=now - HOUR).exclude(state=CheckoutState.FAILED)
    check_pace(list(recent.values_list("created_at", flat=True)), now)
    offer = offer_of(customer=customer, package=package, quantity=quantity, now=now)
    twins = recent.filter(package_price__package=offer.price.package_id, created_at__gt=now - DOUBLE_WITHIN)
    if twins.exists():
        note_odd("checkouts.double_purchase", customer=customer_id, package=package, key=key[:120])
    reference = new_reference("CHK", now.date())
    gateway = gateway or _gateway_of(customer)
    payment = Payment.objects.create(
        reference=new_reference("PAY", now.date()),
        idempotency_key=reference,
        customer=customer,
        state="pending",
        currency=offer.total.currency,
        amount_minor=offer.total.minor,
        gateway=gateway,
        description=_describe(offer),
        created_at=now,
    )
    record(
        payment, "created", actor=actor, now=now, to_state="pending", money=offer.total, checkout=reference
    )
    session = CheckoutSession.objects.create(
        reference=reference,
        gateway=gateway,
        mode=CheckoutMode.PAYMENT,
        state=CheckoutState.STARTING,
        payment_state=CheckoutPayment.UNPAID,
        customer=customer,
        payment=payment,
        currency=offer.total.currency,
        amount_minor=offer.total.minor,
        created_at=now,
        expires_at=now + OPEN_FOR,
        package_price=offer.price,
        quantity=quantity,
        key=key,
        asked_by_ref=actor.ref,
        return_url=safe_return(return_url, settings.RETURN_HOSTS, settings.RETURN_URL),
    )
    record(
        session, "created", actor=actor, now=now, to_state=session.state, money=offer.total,
        package=package, quantity=quantity, units=offer.units, version=offer.price.version,
    )  # fmt: skip
    return session


def _the_same(before: CheckoutSession, customer_id: int, package: str, quantity: int) -> CheckoutSession:
    sold = before.package_price.package.slug if before.package_price else ""
    if (before.customer_id, sold, before.quantity) != (customer_id, package, quantity):
        raise Conflict("key_used_before", "Key: another purchase was started with it. Use a new one.")
    return before


def _gateway_of(customer: Customer) -> str:
    """The customer's own gateway where it has pages to pay on, else the one that is set."""
    own = customer.gateway
    if own and own in settings.GATEWAYS and own == "stripe" and settings.STRIPE_API_KEY:
        return own
    return str(settings.CHECKOUT_GATEWAY)


def _describe(offer: Offer) -> str:
    name = offer.price.package.name
    return f"{offer.quantity} × {name}"[:300] if offer.quantity > 1 else name[:300]


def open_at_gateway(session: CheckoutSession, *, now: datetime) -> CheckoutSession:
    """Asks the gateway for the page, with no transaction open, and records its answer; the same key asks for
    the same page. Raises `Conflict` when nobody knows whether it was made: then asking again is safe."""
    assert session.package_price is not None and session.customer is not None
    customer = session.customer
    try:
        page = charger_named(session.gateway).open_page(
            Money(session.amount_minor or 0, session.currency),
            key=session.reference,
            customer_gateway_id=customer.gateway_id if customer.gateway == session.gateway else "",
            description=session.payment.description if session.payment else session.reference,
            return_url=session.return_url,
            expires_at=session.expires_at or now + OPEN_FOR,
        )
    except (GatewayRefused, NotSetUp) as refusal:  # nothing was opened, and never will be
        return _record_refusal(session.pk, refusal, now=now)
    except GatewayError as trouble:
        raise Conflict(
            "gateway_silent",
            f"{session.gateway.capitalize()} did not answer. Nothing was taken; try again.",
            retry_helps=True,
        ) from trouble
    return record_page(session.pk, page, now=now)


@transaction.atomic
def record_page(session_id: int, page: PageFact, *, now: datetime) -> CheckoutSession:
    """A message about the page may have come before the answer: then its state is the newer one."""
    session = locks.lock_session(session_id)
    session.gateway_id = session.gateway_id or page.gateway_id
    session.url, session.expires_at = page.url, page.expires_at
    session.save(update_fields=["gateway_id", "url", "expires_at"])
    if session.state == CheckoutState.STARTING:
        move(session, MACHINE, CheckoutState.OPEN, actor=gateway_actor(session.gateway), now=now)
    return session


@transaction.atomic
def _record_refusal(session_id: int, refusal: GatewayError, *, now: datetime) -> CheckoutSession:
    session = locks.lock_session(session_id)
    if session.state == CheckoutState.STARTING:
        actor = gateway_actor(session.gateway)
        also = {"failure": refusal.message[:120]}
        move(session, MACHINE, CheckoutState.FAILED, actor=actor, now=now, reason=refusal.message, also=also)
        give_up_payment(session, actor=actor, now=now)
    return session


def give_up_payment(session: CheckoutSession, *, actor: Actor, now: datetime) -> None:
    """The payment that was to come will not: nobody paid on the page."""
    payment = Payment.objects.select_for_update().filter(pk=session.payment_id or 0).first()
    if payment is not None and payment.state == "pending":
        move(payment, PAYMENTS, "canceled", actor=actor, now=now, reason="Nobody paid on the page.")
