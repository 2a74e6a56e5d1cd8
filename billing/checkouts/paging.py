"""The gateway's page of a checkout: asked for with no transaction open, and recorded as it answers."""

from datetime import datetime

from django.db import transaction

from billing.checkouts import locks
from billing.checkouts.models import CheckoutSession, CheckoutState
from billing.checkouts.rules import MACHINE, OPEN_FOR
from billing.errors import Conflict
from billing.gateways.errors import GatewayError, GatewayRefused, NotSetUp
from billing.gateways.facts import PageFact
from billing.gateways.registry import charger_named
from billing.history.actors import Actor
from billing.history.actors import gateway as gateway_actor
from billing.history.services import move
from billing.logs import add_facts
from billing.money import Money
from billing.payments.models import Payment
from billing.payments.payers import payer_at
from billing.payments.rules import MACHINE as PAYMENTS

__all__ = ["give_up_payment", "open_at_gateway", "open_page_of", "record_page"]


def open_page_of(session: CheckoutSession, *, now: datetime) -> CheckoutSession:
    """The session with its page, asked for where it has none yet. Raises `Conflict` where it gets none."""
    if session.state == CheckoutState.STARTING:
        session = open_at_gateway(session, now=now)
    if session.state == CheckoutState.FAILED:
        raise Conflict("checkout_refused", f"The gateway refused to open a page: {session.failure}")
    add_facts(checkout=session.reference, state=str(session.state))
    return session


def open_at_gateway(session: CheckoutSession, *, now: datetime) -> CheckoutSession:
    """Asks the gateway for the page, with no transaction open, and records its answer; the same key asks for
    the same page. Raises `Conflict` when nobody knows whether it was made: then asking again is safe."""
    assert session.is_ours and session.customer is not None
    customer, keeps = session.customer, session.price_id is not None
    known = customer.gateway_id if customer.gateway == session.gateway else ""
    try:
        page = charger_named(session.gateway).open_page(
            Money(session.amount_minor or 0, session.currency),
            key=session.reference,
            customer_gateway_id=payer_at(customer=customer, gateway=session.gateway, now=now)
            if keeps
            else known,
            description=session.payment.description if session.payment else session.reference,
            return_url=session.return_url,
            expires_at=session.expires_at or now + OPEN_FOR,
            keep_method=keeps,  # what begins with it is renewed with it
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
