"""Paying by a link: a page of the gateway's, opened for one live payment and closed when its time is over."""

from datetime import datetime, timedelta

from django.db import transaction

from billing.errors import Conflict, Missing
from billing.gateways.errors import GatewayError, GatewayRefused, NotSetUp, Unreachable
from billing.gateways.registry import charger_named
from billing.history.actors import Actor, system
from billing.history.actors import gateway as gateway_actor
from billing.history.services import record
from billing.invoices.models import Invoice
from billing.logs import add_facts, service
from billing.money import Money
from billing.payments.charging import NotCalled, end_without_fact
from billing.payments.links import STARTS_AN_HOUR, state_of
from billing.payments.models import Payment, PaymentLink
from billing.payments.owed import owed_on
from billing.payments.promising import live_payments, new_payment, why_not, write_payments
from billing.payments.services import record_payments

#: How long a page can be paid on before it has to be opened again.
PAGE_OPEN = timedelta(hours=1)
PAYER = system("payment link")


@service("payments")
def begin_paying(*, link: PaymentLink, return_url: str, now: datetime) -> str:
    """The address of the gateway's page on which the invoice is paid: what is owed on it, nothing else.

    Whoever comes again while the page is open is led to the same one; while another payment of the invoice
    is under way, nobody can pay. Raises `Conflict` with what to do instead.
    """
    if state_of(link, now) != "open":
        raise Conflict("link_is_closed", "This payment link can no longer be used.")
    payment = _promise(link, now)
    until = payment.checkout_until or now + PAGE_OPEN
    customer = link.invoice.customer
    try:
        page = charger_named(payment.gateway).open_page(
            Money(payment.amount_minor, payment.currency),
            key=payment.idempotency_key or "",
            customer_gateway_id=customer.gateway_id if customer.gateway == payment.gateway else "",
            description=payment.description,
            return_url=return_url,
            expires_at=until,
        )
    except GatewayError as trouble:
        with transaction.atomic():
            end_without_fact(payment.pk, NotCalled(), now=now)
        raise Conflict(
            "page_not_opened", "The payment page cannot be opened at the moment. Try again in some minutes."
        ) from trouble
    with transaction.atomic():
        kept = Payment.objects.select_for_update().get(pk=payment.pk)
        kept.checkout_id, kept.checkout_until = page.gateway_id, page.expires_at
        kept.save(update_fields=["checkout_id", "checkout_until"])
    if not page.url:
        raise Conflict("page_is_closed", "This has just been paid. Reload the page to see it.")
    add_facts(payment=payment.reference, link=link.reference)
    return page.url


@transaction.atomic
def _promise(link: PaymentLink, now: datetime) -> Payment:
    """The live payment of this link: the one whose page is still open, or a new one."""
    invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=link.invoice_id)
    live = live_payments([invoice.pk]).get(invoice.pk)
    if live is not None and live.link_id and live.checkout_until and now < live.checkout_until:
        return live
    if no := why_not(invoice, live, owed_on([invoice.pk])[invoice.pk]):
        raise no
    started = Payment.objects.filter(link=link, created_at__gt=now - timedelta(hours=1)).count()
    if started >= STARTS_AN_HOUR:
        raise Conflict("too_many_starts", "This link has been tried too often. Try again in an hour.")
    payment = new_payment(invoice, link.gateway, owed_on([invoice.pk])[invoice.pk], now)
    payment.link = link
    write_payments([payment], actor=PAYER, now=now)
    record(invoice, "link_used", actor=PAYER, now=now, link=link.reference, payment=payment.reference)
    return payment


@service("payments")
def close_page_of(*, payment: Payment, actor: Actor, now: datetime) -> Payment:
    """Closes the gateway's page and records what came of it: paid, or given up.

    Raises `Conflict` when the gateway cannot be asked now; then the page may still be open.
    """
    gateway = charger_named(payment.gateway)
    try:
        page = gateway.close_page(payment.checkout_id)
        paid_by = page.payment_id or payment.gateway_id
        fact = gateway.retrieve_payment(paid_by) if paid_by else None
    except (Unreachable, NotSetUp, GatewayRefused) as trouble:
        raise Conflict(
            "lookup_unanswered", f"The page of {payment.reference} cannot be closed now: {trouble}"
        ) from trouble
    with transaction.atomic():
        kept = Payment.objects.select_for_update().get(pk=payment.pk)
        if kept.checkout_until and kept.checkout_until > now:
            kept.checkout_until = now
            kept.save(update_fields=["checkout_until"])
    if fact is not None:
        record_payments([fact], actor=gateway_actor(payment.gateway), now=now)
    else:
        with transaction.atomic():
            no = GatewayRefused("abandoned", "Nobody paid on the page before it closed.")
            end_without_fact(payment.pk, no, now=now)
    payment.refresh_from_db()
    return payment


@service("payments")
def revoke_link(*, link_id: int, reason: str, actor: Actor, now: datetime) -> PaymentLink:
    """Ends a link at once: its address says so from now on, and a page that is open at the gateway is
    closed. Revoking twice changes nothing."""
    with transaction.atomic():
        link = PaymentLink.objects.select_for_update().filter(pk=link_id).first()
        if link is None:
            raise Missing("link_unknown", "This payment link does not exist.")
        if link.revoked_at is not None:
            return link
        link.revoked_at = now
        link.save(update_fields=["revoked_at"])
        record(link.invoice, "link_revoked", actor=actor, now=now, reason=reason.strip(), link=link.reference)
    for payment in Payment.objects.filter(link=link, is_live=True).exclude(checkout_id=""):
        close_page_of(payment=payment, actor=actor, now=now)
    return link
