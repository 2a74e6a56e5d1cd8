"""What a paid checkout brings: one invoice of what was paid, and one grant of units or one subscription.
Exactly once.

Whatever tells first that it was paid (a message, the answer to a look-up, a retry, a second worker), the
payment is recorded by one service, and that service comes here with it in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from billing.checkouts import locks
from billing.checkouts.beginning import begin, keep_money
from billing.checkouts.completing import complete
from billing.checkouts.models import CheckoutPayment, CheckoutSession, CheckoutState
from billing.checkouts.rules import MACHINE
from billing.checkouts.telling import tell_the_desk
from billing.credits.models import CreditSource
from billing.credits.services import grant
from billing.errors import Refused
from billing.history.actors import Actor, system
from billing.history.services import move, record
from billing.invoices.composing import Piece
from billing.invoices.issuing import InvoiceOrder, write_invoices
from billing.invoices.models import Invoice
from billing.logs import add_facts, note_odd, service
from billing.money import Money
from billing.payments.bought import register
from billing.payments.models import Payment
from billing.payments.own import bring_to_end
from billing.subscriptions.starting import Started

__all__ = ["fulfil", "fulfil_waiting"]

BATCH = 100


def claim(payments: Sequence[Payment], *, actor: Actor, now: datetime) -> None:
    """Of payments that have just been recorded, gives what was bought by those that succeeded.

    Each gets its invoice here, before it is posted, so that it settles what is owed and not the balance. What
    cannot be fulfilled now (the company's own details are missing, say) does not keep the payment from being
    recorded: it waits, and is told of in the log.
    """
    paid = [row for row in payments if row.state == "succeeded" and row.idempotency_key]
    if not paid:
        return
    found = CheckoutSession.objects.filter(payment__in=[row.pk for row in paid], key__isnull=False).order_by(
        "pk"
    )
    by_id = {row.pk: row for row in paid}
    for session in found:
        payment = by_id[session.payment_id or 0]
        try:
            with transaction.atomic():
                _fulfil(session.pk, payment, actor=actor, now=now)
        except Refused as trouble:  # quiet: noted on the session, and tried again by `fulfil_waiting`
            payment.invoice = None
            _let_wait(session.pk, trouble, actor=actor, now=now)


@service("checkouts")
@transaction.atomic
def fulfil(*, session_id: int, actor: Actor, now: datetime) -> bool:
    """Gives what a session bought, where its payment has succeeded and it was not given yet; says whether."""
    session = CheckoutSession.objects.filter(pk=session_id).first()
    payment = lock_payment((session.payment_id or 0) if session else 0)
    if payment is None or not _fulfil(session_id, payment, actor=actor, now=now):
        return False
    bring_to_end([payment], actor=actor, now=now)
    return True


@service("checkouts")
def fulfil_waiting(*, now: datetime) -> int:
    """Tries those again that were paid and could not be fulfilled; how many are now."""
    waiting = CheckoutSession.objects.filter(
        state=CheckoutState.COMPLETE,
        fulfilled_at=None,
        kept_at=None,
        key__isnull=False,
        payment__state="succeeded",
    )
    done = 0
    for pk in waiting.order_by("pk").values_list("pk", flat=True)[:BATCH]:
        try:
            done += fulfil(session_id=pk, actor=system("checkouts"), now=now)
        except Refused as trouble:  # quiet: in the log by the service; the others go on
            add_facts(**{f"waits_{pk}": trouble.code})
    tell_the_desk(now=now)
    add_facts(fulfilled=done)
    return done


def lock_payment(payment_id: int) -> Payment | None:
    """The payment, where it has succeeded; locked before its session, as whoever records one does."""
    return Payment.objects.select_for_update().filter(pk=payment_id, state="succeeded").first()


def _fulfil(session_id: int, payment: Payment, *, actor: Actor, now: datetime) -> bool:
    """Under the session's lock: the invoice, its payment, the units or the subscription. False when it had
    been done before, and when the money was kept instead."""
    session = locks.lock_session(session_id)
    if session.fulfilled_at is not None or session.kept_at is not None:
        return False
    if (payment.captured_minor, payment.currency) != (session.amount_minor, session.currency):
        note_odd(
            "checkouts.paid_another_amount", checkout=session.reference,
            asked=session.amount_minor, paid=payment.captured_minor,
        )  # fmt: skip
        raise Refused(
            "paid_another_amount",
            f"{session.reference}: {Money(payment.captured_minor, payment.currency)} was paid of "
            f"{Money(session.amount_minor or 0, session.currency)}; nothing is granted.",
        )
    if session.price_id is not None:
        return _begin(session, payment, actor, now)
    price = session.package_price
    assert price is not None and session.customer_id is not None
    invoice = _invoice(session, payment, actor, now)
    _pays(payment, invoice)
    units = price.units * session.quantity
    grant(
        customer_id=session.customer_id,
        unit=price.package.unit,
        amount=units,
        source=CreditSource.PURCHASE,
        actor=actor,
        now=now,
        key=f"checkout:{session.reference}",
        reason=f"{price.package.name}, {invoice.label}",
        expires_at=now + timedelta(days=price.valid_days) if price.valid_days else None,
        sold=Money(invoice.net_minor, invoice.currency) if invoice.net_minor > 0 else None,
        cause=session.reference,
        kind=price.package.slug,
        subject=invoice,  # money that goes back for this invoice finds the units by it
    )
    complete(session, actor=actor, now=now, invoice=invoice, fulfilled_at=now, failure="")
    record(
        session, "fulfilled", actor=actor, now=now, units=units, unit=price.package.unit,
        invoice=invoice.label, money=Money(invoice.total_minor, invoice.currency),
    )  # fmt: skip
    add_facts(checkout=session.reference, invoice=invoice.reference, units=units)
    return True


def _begin(session: CheckoutSession, payment: Payment, actor: Actor, now: datetime) -> bool:
    begun = begin(session, payment, actor=actor, now=now)
    if not isinstance(begun, Started):
        keep_money(session, payment, begun, actor=actor, now=now)
        return False
    invoice, subscription = begun.invoice, begun.subscription
    assert invoice is not None
    _pays(payment, invoice)
    brought = {"invoice": invoice, "subscription": subscription}
    complete(session, actor=actor, now=now, fulfilled_at=now, failure="", **brought)
    record(
        session, "fulfilled", actor=actor, now=now, subscription=subscription.reference,
        invoice=invoice.label, money=Money(invoice.total_minor, invoice.currency),
    )  # fmt: skip
    add_facts(checkout=session.reference, invoice=invoice.reference, subscription=subscription.reference)
    return True


def _pays(payment: Payment, invoice: Invoice) -> None:
    if payment.invoice_id is None:
        payment.invoice = invoice
        payment.save(update_fields=["invoice"])


def _invoice(session: CheckoutSession, payment: Payment, actor: Actor, now: datetime) -> Invoice:
    """The invoice of exactly what was paid: the tax is taken out of it, and so it is never off by a cent."""
    price = session.package_price
    assert price is not None and session.customer_id is not None
    piece = Piece(
        kind="package",
        description=price.package.name,
        amount_minor=payment.captured_minor,
        quantity=Decimal(session.quantity),
        inclusive=True,
        tax_class=price.package.tax_class,
        why={
            "package": price.package.slug,
            "version": price.version,
            "units": price.units * session.quantity,
            "checkout": session.reference,
            "price_minor": price.amount_minor,
            "tax_inclusive": price.tax_inclusive,
        },
    )
    order = InvoiceOrder(
        customer_id=session.customer_id,
        subscription_id=None,
        currency=session.currency,
        pieces=(piece,),
        cause=f"checkout:{session.reference}",
        collect="",
        tax_point=(payment.succeeded_at or now).date(),
        due_days=0,
        takes_pending=False,
        uses_store_credit=False,
    )
    return write_invoices([order], actor=actor, now=now)[0]


def _let_wait(session_id: int, trouble: Refused, *, actor: Actor, now: datetime) -> None:
    session = locks.lock_session(session_id)
    note_odd("checkouts.paid_and_not_fulfilled", checkout=session.reference, code=trouble.code)
    also = {"payment_state": CheckoutPayment.PAID, "failure": trouble.code[:120]}
    if session.state == CheckoutState.COMPLETE:
        session.payment_state, session.failure = CheckoutPayment.PAID, trouble.code[:120]
        session.save(update_fields=["payment_state", "failure"])
    else:
        move(
            session, MACHINE, CheckoutState.COMPLETE, actor=actor, now=now, reason=trouble.sentence, also=also
        )


register(claim)
