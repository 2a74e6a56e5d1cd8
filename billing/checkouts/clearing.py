"""Checkouts that nobody finished: looked up, closed at the gateway, and ended here."""

from datetime import datetime, timedelta

from django.db import transaction

from billing.checkouts import locks
from billing.checkouts.models import CheckoutSession, CheckoutState
from billing.checkouts.paging import give_up_payment, open_at_gateway
from billing.checkouts.rules import MACHINE
from billing.errors import Conflict
from billing.gateways.errors import GatewayError
from billing.gateways.registry import charger_named
from billing.history.actors import gateway as gateway_actor
from billing.history.actors import system
from billing.history.services import move
from billing.logs import add_facts, service
from billing.payments.services import record_payments

__all__ = ["clear_abandoned", "expire"]

BATCH = 200
#: A page may be paid on in its last second, and the message about it takes a while.
GRACE = timedelta(minutes=5)


@service("checkouts")
def clear_abandoned(*, now: datetime) -> int:
    """Ends sessions of ours whose time is over; how many were abandoned.

    The gateway is asked first, and closes the page: one that was paid on after all brings what it bought. One
    that the gateway does not answer for stays, and is asked about again.
    """
    over = CheckoutSession.objects.filter(
        state__in=(CheckoutState.STARTING, CheckoutState.OPEN),
        key__isnull=False,
        expires_at__lte=now - GRACE,
    ).select_related("customer__identity", "payment")
    ended = 0
    for session in over.order_by("expires_at", "pk")[:BATCH]:
        try:
            ended += _clear(session, now=now)
        except (GatewayError, Conflict) as trouble:  # quiet: asked about again by the next round
            add_facts(**{f"waits_{session.reference}": trouble.code})
    add_facts(abandoned=ended)
    return ended


def _clear(session: CheckoutSession, *, now: datetime) -> bool:
    if not session.gateway_id:
        session = open_at_gateway(session, now=now)  # the same key gives the page that was made, if one was
        if session.state == CheckoutState.FAILED:
            return False
    gateway = charger_named(session.gateway)
    page = gateway.close_page(session.gateway_id)
    paid = gateway.retrieve_payment(page.payment_id) if page.payment_id else None
    if paid is not None and paid.state in ("succeeded", "pending"):
        record_payments([paid], actor=gateway_actor(session.gateway), now=now)
        return False
    return expire(session.pk, now=now)


@transaction.atomic
def expire(session_id: int, *, now: datetime) -> bool:
    """Ends one that nobody paid on, once its page is closed; says whether it was still open."""
    session = locks.lock_session(session_id)
    if session.state not in (CheckoutState.STARTING, CheckoutState.OPEN):
        return False
    why = "Nobody paid on the page before it closed."
    move(
        session,
        MACHINE,
        CheckoutState.EXPIRED,
        actor=system("checkouts"),
        now=now,
        reason=why,
        also={"url": ""},
    )
    give_up_payment(session, actor=system("checkouts"), now=now)
    return True
