"""What PayPal tells, recorded through the services: inside the worker's transaction, without the network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Model

from billing.catalog.models import Price
from billing.catalog.services import record_prices, record_tiers
from billing.customers.services import mention_customers, record_customers
from billing.disputes.models import Dispute
from billing.disputes.services import record_disputes
from billing.errors import Missing
from billing.gateways.facts import PaymentFact, PriceFact
from billing.gateways.paypal_objects import catalog, disputes, payments, refunds, subscriptions
from billing.gateways.paypal_objects.reading import PAYPAL
from billing.history.actors import Actor
from billing.history.keeping import Told, keep
from billing.ledger.services import reverse
from billing.payments.models import Payment, PaymentAttempt
from billing.payments.queries import by_gateway_id
from billing.payments.services import record_payments, settle
from billing.payments.settling import live_postings
from billing.refunds.services import record_gateway_refund
from billing.subscriptions.models import Subscription
from billing.subscriptions.services import record_subscriptions
from billing.webhooks import queries
from billing.webhooks.telling.said import Said

type Body = Mapping[str, Any]

PAYMENT = "paypal_payment"
#: How far along each state is: of two messages of the same second the further one counts.
FURTHER: dict[type[Model], Sequence[str]] = {
    Payment: (
        "pending",
        "requires_action",
        "authorized",
        "unknown",
        "failed",
        "canceled",
        "succeeded",
        "reversed",
    ),
    Dispute: (
        "warning",
        "needs_response",
        "under_review",
        "warning_closed",
        "prevented",
        "lost",
        "won",
    ),
    Subscription: (
        "incomplete",
        "trialing",
        "active",
        "past_due",
        "unpaid",
        "paused",
        "expired",
        "canceled",
    ),
}


def _payment(told: Body, said: Said, actor: Actor, now: datetime) -> None:
    body = told["object"]
    fact = payments.capture(body, said.as_of, _customer(told, said, actor, now))
    if not _is_news(Payment, fact.gateway_id, fact.state, said):
        return
    over = payments.closes(body)
    row = Payment.objects.filter(gateway=PAYPAL, gateway_id=over, state__in=("pending", "authorized")).first()
    closed = [_captured(row, said)] if over and row is not None else []
    record_payments([fact, *closed], actor=actor, now=now)


def _captured(row: Payment, said: Said) -> PaymentFact:
    """The authorisation of a capture: it is over, and the money stands as the capture."""
    return PaymentFact(
        gateway=PAYPAL,
        gateway_id=row.gateway_id,
        customer_id="",
        state="canceled",
        currency=row.currency,
        amount_minor=row.amount_minor,
        captured_minor=0,
        created_at=row.created_at,
        as_of=max(said.as_of, row.gateway_as_of or said.as_of),
        failure_code=payments.CAPTURED,
        failure_message=payments.IS_CAPTURED,
    )


def _authorization(told: Body, said: Said, actor: Actor, now: datetime) -> None:
    fact = payments.authorization(told["object"], said.as_of, _customer(told, said, actor, now))
    tried = PaymentAttempt.objects.filter(gateway=PAYPAL, gateway_id=fact.gateway_id)
    if tried.exists():
        fact = replace(
            fact,
            state="canceled",
            failure_code=payments.CAPTURED,
            failure_message=payments.IS_CAPTURED,
        )
    if _is_news(Payment, fact.gateway_id, fact.state, said):
        record_payments([fact], actor=actor, now=now)


def _customer(told: Body, said: Said, actor: Actor, now: datetime) -> str:
    """The payer's id, recorded with their name where PayPal was asked; for a sale of a subscription that of
    its customer; empty for a payment of nobody in particular."""
    who = told.get("payer")
    fact = subscriptions.payer(who, said.as_of) if isinstance(who, Mapping) else None
    if fact is not None:
        record_customers([fact], actor=actor, now=now)
        return fact.gateway_id
    agreement = told["object"].get("billing_agreement_id")
    if not isinstance(agreement, str) or not agreement:
        return ""
    known = Subscription.objects.filter(gateway=PAYPAL, gateway_id=agreement)
    return known.values_list("customer__gateway_id", flat=True).first() or _stand_in(agreement)


def _stand_in(agreement: str) -> str:
    """Whom a subscription's money belongs to until the subscription is told of."""
    return f"agreement:{agreement}"


def _refund(told: Body, said: Said, actor: Actor, now: datetime) -> None:
    fact = refunds.refund(told["object"], as_of=said.as_of)
    payment = _payment_named(fact.payment_gateway_id, fact.gateway_id)
    fact = replace(fact, payment_gateway_id=payment.gateway_id)
    record_gateway_refund(fact=fact, actor=actor, now=now)


def _payment_named(gateway_id: str, named_by: str) -> Payment:
    """Raises `Missing` where the payment is not known yet."""
    found = by_gateway_id(PAYPAL, [gateway_id]).get(gateway_id)
    if found is None:
        raise Missing(
            "unknown_paypal_payment",
            f"{named_by} names the PayPal payment {gateway_id or '(none)'}, which is not known yet.",
            retry_helps=True,
            facts={"kind": PAYMENT, "gateway_id": gateway_id},
        )
    return found


def _dispute(told: Body, said: Said, actor: Actor, now: datetime) -> None:
    fact = disputes.dispute(told["object"], said.as_of)
    _payment_named(fact.payment_gateway_id, fact.gateway_id)
    if _is_news(Dispute, fact.gateway_id, fact.state, said):
        record_disputes([fact], actor=actor, now=now)


def _subscription(told: Body, said: Said, actor: Actor, now: datetime) -> None:
    body = told["object"]
    plan = told.get("plan")
    price = _plan_price(plan, said, actor, now) if isinstance(plan, Mapping) else _known_price(body)
    fact = subscriptions.subscription(body, said.as_of, price)
    if not _is_news(Subscription, fact.gateway_id, fact.state, said):
        return
    own = subscriptions.own_price(body, said.as_of)
    if own is not None:
        record_prices([own], actor=actor, now=now)
    payer = subscriptions.payer(body, said.as_of)
    if payer is not None:
        record_customers([payer], actor=actor, now=now)
    record_subscriptions([fact], actor=actor, now=now)
    _bring_home(fact.gateway_id, fact.customer_id, actor, now)


def _bring_home(agreement: str, customer_id: str, actor: Actor, now: datetime) -> None:
    """Gives the sales that came before their subscription to its customer: what they posted is taken back,
    and posted again as theirs. One that was refunded meanwhile stays where it is, with its refunds."""
    waiting = Payment.objects.filter(gateway=PAYPAL, customer__gateway_id=_stand_in(agreement))
    rows = list(waiting.filter(refunds__isnull=True).order_by("pk"))
    if not rows:
        return
    customer = mention_customers(PAYPAL, [customer_id], actor=actor, now=now)[customer_id]
    for posting in live_postings([row.pk for row in rows]).values():
        cause = f"{posting.fact}.reversed:{posting.cause.partition(':')[2]}"
        reverse(posting, cause=cause, actor=actor, now=now)
    told = [
        Told(row.gateway_id, row.gateway_as_of or now, {"customer_id": customer.pk}, partly=True)
        for row in rows
    ]
    kept = keep(Payment, PAYPAL, told, actor=actor, now=now)
    settle([each.row for each in kept.values()], actor=actor, now=now)


def _known_price(body: Body) -> PriceFact | None:
    """The price of the plan that the subscription names, as it has been told of."""
    plan_id = body.get("plan_id")
    rows = Price.objects.filter(gateway=PAYPAL, gateway_id=plan_id) if plan_id else Price.objects.none()
    row = rows.select_related("tier").first()
    if row is None:
        return None
    return PriceFact(
        gateway=PAYPAL,
        gateway_id=row.gateway_id,
        tier_id=row.tier.gateway_id,
        currency=row.currency,
        unit_amount_minor=row.unit_amount_minor,
        interval_unit=row.interval_unit,
        interval_count=row.interval_count,
        created_at=None,
        as_of=row.gateway_as_of or row.created_at,
    )


def _plan_price(body: Body, said: Said, actor: Actor, now: datetime) -> PriceFact | None:
    """Records a plan with what it sells."""
    tier = catalog.tier_of_plan(body, said.as_of)
    price = catalog.plan(body, said.as_of)
    if tier is not None:
        record_tiers([tier], actor=actor, now=now)
    if price is not None:
        record_prices([price], actor=actor, now=now)
    return price


def _plan(told: Body, said: Said, actor: Actor, now: datetime) -> None:
    _plan_price(told["object"], said, actor, now)


def _product(told: Body, said: Said, actor: Actor, now: datetime) -> None:
    record_tiers([catalog.product(told["object"], said.as_of)], actor=actor, now=now)


def _is_news(model: type[Model], gateway_id: str, state: str, said: Said) -> bool:
    """Whether the message tells more than the row, where both are of the same second."""
    if not said.by_word:
        return True
    rows = model._default_manager.select_for_update().filter(gateway=PAYPAL, gateway_id=gateway_id)
    row = rows.values_list("state", "gateway_as_of").first()
    if row is None or row[1] is None or not row[1] <= said.as_of < row[1] + queries.SECOND:
        return True
    order = FURTHER[model]
    return order.index(state) > order.index(row[0])


RECORD: dict[str, Callable[[Body, Said, Actor, datetime], None]] = {
    "captures": _payment,
    "sales": _payment,
    "authorizations": _authorization,
    "refunds": _refund,
    "disputes": _dispute,
    "subscriptions": _subscription,
    "plans": _plan,
    "products": _product,
}
