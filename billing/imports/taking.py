"""What becomes of an object of Stripe's: translated, then recorded by the service of its noun.

The one table that the import and the webhooks share. Kinds carry the names that Stripe gives their lists.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from billing.catalog.services import record_prices, record_tiers
from billing.checkouts.services import record_checkouts
from billing.customers.services import record_customers
from billing.disputes.services import record_disputes
from billing.gateways.facts import (
    CheckoutFact,
    CustomerFact,
    InvoiceFact,
    InvoicePaymentFact,
    MethodFact,
    PaymentFact,
    PayoutFact,
    RefundFact,
    SubscriptionFact,
)
from billing.gateways.stripe_objects import (
    catalog,
    checkouts,
    credit_notes,
    customers,
    disputes,
    invoices,
    payments,
    payouts,
    subscriptions,
)
from billing.gateways.stripe_objects.reading import STRIPE, own_id
from billing.gateways.stripe_refunds import refund_fact
from billing.history.actors import Actor
from billing.invoices.discarding import discard_drafts
from billing.invoices.services import missing, record_credit_notes, record_invoices
from billing.invoices.writing_off import write_off_uncollectible
from billing.payments.queries import by_gateway_id
from billing.payments.services import apply_payments, record_default_methods, record_methods, record_payments
from billing.payouts.services import record_payouts
from billing.refunds.models import Refund
from billing.refunds.services import record_gateway_refund
from billing.subscriptions.granting import grant_told
from billing.subscriptions.services import record_subscriptions

type Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manner:
    """Who tells, when, and whether of a whole account: an import leaves MRR, the postings of payments and
    write-offs to stages of their own, and what it cannot link yet to its next run."""

    actor: Actor
    now: datetime
    importing: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """How many objects were new, and how many changed what was known; the others wrote nothing."""

    created: int = 0
    changed: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.created + other.created, self.changed + other.changed)

    @property
    def total(self) -> int:
        return self.created + self.changed


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of object is read, and recorded; ``record`` gives how many of them wrote something."""

    noun: str
    read: Callable[[Body, datetime], Any]
    record: Callable[[Sequence[Any], Manner], Written]


def take(kind: str, bodies: Sequence[Body], *, as_of: datetime, manner: Manner) -> Written:
    """Records objects of one kind inside the caller's transaction; gives how many wrote something.

    Raises what translation and services raise, for the whole lot: `Missing` with the kind and the id to
    fetch first, `Refused` and `ValueError` for an object that cannot be recorded.
    """
    facts = [fact for body in bodies if (fact := KINDS[kind].read(body, as_of)) is not None]
    return KINDS[kind].record(facts, manner) if facts else Written()


def _written(kept: Mapping[str, Any]) -> Written:
    created = sum(each.outcome == "created" for each in kept.values())
    return Written(created, sum(each.written for each in kept.values()) - created)


def _customers(facts: Sequence[CustomerFact], manner: Manner) -> Written:
    kept = record_customers(facts, actor=manner.actor, now=manner.now)
    fresh = [fact for fact in facts if not fact.is_deleted and kept[fact.gateway_id].outcome != "older"]
    record_default_methods(fresh, actor=manner.actor, now=manner.now)
    return _written(kept)


def _methods(facts: Sequence[MethodFact], manner: Manner) -> Written:
    return _written(record_methods(facts, actor=manner.actor, now=manner.now))


def _tiers(facts: Sequence[Any], manner: Manner) -> Written:
    return _written(record_tiers(facts, actor=manner.actor, now=manner.now))


def _prices(facts: Sequence[Any], manner: Manner) -> Written:
    return _written(record_prices(facts, actor=manner.actor, now=manner.now))


def _subscriptions(facts: Sequence[SubscriptionFact], manner: Manner) -> Written:
    return _written(
        record_subscriptions(facts, actor=manner.actor, now=manner.now, with_mrr=not manner.importing)
    )


def _payments(facts: Sequence[PaymentFact], manner: Manner) -> Written:
    return _written(
        record_payments(facts, actor=manner.actor, now=manner.now, with_postings=not manner.importing)
    )


def _invoices(facts: Sequence[InvoiceFact], manner: Manner) -> Written:
    kept = record_invoices(facts, actor=manner.actor, now=manner.now)
    links = [(payment, fact.gateway_id) for fact in facts for payment in fact.payment_ids]
    apply_payments(STRIPE, links, actor=manner.actor, now=manner.now, strict=not manner.importing)
    if not manner.importing:
        write_off_uncollectible([each.row for each in kept.values()], actor=manner.actor, now=manner.now)
        paid = {each.row.subscription_id for each in kept.values() if each.row.state == "paid"} - {None}
        if paid:
            grant_told(paid, actor=manner.actor, now=manner.now)
    return _written(kept)


def _deleted_invoices(gateway_ids: Sequence[str], manner: Manner) -> Written:
    return Written(changed=discard_drafts(STRIPE, gateway_ids, actor=manner.actor, now=manner.now))


def _invoice_payments(facts: Sequence[InvoicePaymentFact], manner: Manner) -> Written:
    links = [(fact.payment_id, fact.invoice_id) for fact in facts]
    linked = apply_payments(STRIPE, links, actor=manner.actor, now=manner.now, strict=not manner.importing)
    return Written(changed=linked)


def _disputes(facts: Sequence[Any], manner: Manner) -> Written:
    return _written(record_disputes(facts, actor=manner.actor, now=manner.now))


def _checkouts(facts: Sequence[CheckoutFact], manner: Manner) -> Written:
    return _written(record_checkouts(facts, actor=manner.actor, now=manner.now))


def _payouts(facts: Sequence[PayoutFact], manner: Manner) -> Written:
    return _written(record_payouts(facts, actor=manner.actor, now=manner.now))


def _credit_notes(facts: Sequence[Any], manner: Manner) -> Written:
    return _written(record_credit_notes(facts, actor=manner.actor, now=manner.now))


def _refunds(facts: Sequence[RefundFact], manner: Manner) -> Written:
    """A refund names its intent or its charge; what an import finds as it is known is left alone."""
    payments_known = by_gateway_id(STRIPE, [fact.payment_gateway_id for fact in facts])
    rows = Refund.objects.filter(gateway=STRIPE, gateway_id__in=[fact.gateway_id for fact in facts])
    known = {row.gateway_id: (row.state, row.amount_minor, row.failure_code) for row in rows}
    written = Written()
    for fact in facts:
        if manner.importing and known.get(fact.gateway_id) == (
            fact.state,
            fact.amount_minor,
            fact.failure_code,
        ):
            continue
        payment = payments_known.get(fact.payment_gateway_id)
        if payment is None:
            kind = "payment_intent" if fact.payment_gateway_id.startswith("pi_") else "charge"
            raise missing(kind, fact.payment_gateway_id, fact.gateway_id)
        told = replace(fact, payment_gateway_id=payment.gateway_id)
        record_gateway_refund(fact=told, actor=manner.actor, now=manner.now)
        written += Written(changed=1) if fact.gateway_id in known else Written(created=1)
    return written


def _read_id(body: Body, as_of: datetime) -> str:
    return own_id(body)


def _read_refund(body: Body, as_of: datetime) -> RefundFact:
    return refund_fact(body, as_of=as_of)


KINDS: dict[str, Kind] = {
    "customers": Kind("customer", customers.customer, _customers),
    "payment_methods": Kind("payment method", customers.payment_method, _methods),
    "products": Kind("product", catalog.product, _tiers),
    "prices": Kind("price", catalog.price, _prices),
    "plans": Kind("plan", catalog.price, _prices),
    "subscriptions": Kind("subscription", subscriptions.subscription, _subscriptions),
    "payment_intents": Kind("payment intent", payments.payment_intent, _payments),
    "charges": Kind("charge", payments.charge, _payments),
    "invoices": Kind("invoice", invoices.invoice, _invoices),
    "deleted_invoices": Kind("deleted draft", _read_id, _deleted_invoices),
    "invoice_payments": Kind("invoice payment", invoices.invoice_payment, _invoice_payments),
    "refunds": Kind("refund", _read_refund, _refunds),
    "disputes": Kind("dispute", disputes.dispute, _disputes),
    "early_fraud_warnings": Kind("early fraud warning", disputes.early_fraud_warning, _disputes),
    "checkout_sessions": Kind("checkout session", checkouts.checkout_session, _checkouts),
    "payouts": Kind("payout", payouts.payout, _payouts),
    "credit_notes": Kind("credit note", credit_notes.credit_note, _credit_notes),
}
