"""A few who had left and come back by a checkout: a plan that was paid on a page, and one that waits."""

from dataclasses import replace
from datetime import datetime, timedelta

from billing.checkouts.models import CheckoutSession
from billing.checkouts.paging import record_page
from billing.checkouts.subscribing import PlanAsked, write_plan
from billing.customers.models import Customer
from billing.demo.selling import page_of, paid_fact
from billing.errors import Refused
from billing.gateways.facts import MethodFact, PaymentFact
from billing.history.actors import gateway, system
from billing.payments.services import record_payment
from billing.subscriptions.models import Subscription
from billing.subscriptions.rules import TERMINAL

__all__ = ["make_returns"]

PLANS = (PlanAsked("pro", "month", 1, 1), PlanAsked("starter", "month", 1, 1), PlanAsked("pro", "year", 1, 1))
#: How many of them have paid; the next one stands before the page.
PAID = 2


def make_returns(*, now: datetime) -> int:
    """Through the services themselves; says how many came back."""
    running = Subscription.objects.exclude(state__in=TERMINAL).values("customer")
    left = Customer.objects.filter(subscriptions__state="canceled").exclude(country="")
    left = left.exclude(pk__in=running)
    begun, back, at = 0, 0, now - timedelta(minutes=25)
    for buyer in left.order_by("-pk").distinct()[:12]:
        if begun > PAID:
            break
        asked = PLANS[begun % len(PLANS)]
        try:
            session = write_plan(buyer.pk, asked, "", f"demo:plan:{buyer.pk}", system("host"), at, "sandbox")
        except Refused:  # quiet: this one cannot buy (a tax rule wants more), and the next one has its turn
            continue
        session = record_page(session.pk, page_of(session, is_open=begun == PAID), now=at)
        if begun < PAID:
            record_payment(_paid(session, begun, now), actor=gateway("sandbox"), now=now)
            back += 1
        begun += 1
    return back


def _paid(session: CheckoutSession, place: int, now: datetime) -> PaymentFact:
    """Paid with a card that is kept for the renewals."""
    fact = paid_fact(session, f"sbx_pay_plan_{place}", place, now)
    card = MethodFact(
        gateway="sandbox",
        gateway_id=f"sbx_pm_kept_demo{place}_4242",
        customer_id="",
        kind="card",
        created_at=fact.created_at,
        as_of=fact.as_of,
        brand=fact.attempts[0].card_brand,
        last4=fact.attempts[0].card_last4,
        exp_month=12,
        exp_year=now.year + 3,
    )
    return replace(fact, method_id=card.gateway_id, saved=card)
