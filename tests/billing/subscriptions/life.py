"""A subscription's life for tests: what is done to it, and what was billed and granted for it."""

from datetime import datetime
from typing import Any

from billing.billing_run.renewing import renew_batch
from billing.catalog.models import TierCredits
from billing.history.actors import person, system
from billing.ids import form_key
from billing.models import CreditLot, Customer, Invoice, MrrMovement, PendingLine, Price, Subscription, Tier
from billing.subscriptions.canceling import cancel_subscription
from billing.subscriptions.changing import Changed, change_subscription
from billing.subscriptions.facts import fact_of
from billing.subscriptions.granting import grant_due
from billing.subscriptions.pausing import pause_subscription
from billing.subscriptions.renewing_rules import is_due
from billing.subscriptions.resuming import resume_due, resume_subscription
from billing.subscriptions.starting import Started, start_subscription
from tests import make
from tests.billing.subscriptions.plans import day

JUDE = person(1, "Jude Okafor")
RUN = system("billing_run")


def tier(name: str, tokens: int = 0, per: str = "month", **more: Any) -> Tier:
    made = make.tier(name=name, **more)
    if tokens:
        TierCredits.objects.create(tier=made, unit="tokens", amount=tokens, per=per)
    return made


def price(of: Tier, amount: int, unit: str = "month", **more: Any) -> Price:
    return make.price(of, unit_amount_minor=amount, interval_unit=unit, **more)


def start(
    at: str, of: Price, quantity: int = 1, customer: Customer | None = None, **more: Any
) -> Subscription:
    return started(at, of, quantity, customer, **more).subscription


def started(at: str, of: Price, quantity: int = 1, customer: Customer | None = None, **more: Any) -> Started:
    who = customer or make.customer()
    fields: dict[str, Any] = {"reason": "Ordered by telephone", "key": form_key(), "actor": JUDE, **more}
    return start_subscription(customer_id=who.pk, price_id=of.pk, quantity=quantity, now=day(at), **fields)


def change(of: Subscription, at: str, to: Price, quantity: int = 1, **more: Any) -> Changed:
    fields: dict[str, Any] = {"reason": "Asked by mail", "actor": JUDE, "key": form_key(), **more}
    return change_subscription(
        subscription_id=of.pk, price_id=to.pk, quantity=quantity, now=day(at), **fields
    )


def cancel(of: Subscription, at: str, when: Any = "period_end", **more: Any) -> Subscription:
    fields: dict[str, Any] = {"reason": "Leaves", "actor": JUDE, **more}
    return cancel_subscription(subscription_id=of.pk, when=when, now=day(at), **fields)


def pause(of: Subscription, at: str, **more: Any) -> Subscription:
    fields: dict[str, Any] = {"reason": "Season is over", "actor": JUDE, **more}
    return pause_subscription(subscription_id=of.pk, now=day(at), **fields)


def resume(of: Subscription, at: str, **more: Any) -> Subscription:
    fields: dict[str, Any] = {"reason": "Season begins", "actor": JUDE, **more}
    return resume_subscription(subscription_id=of.pk, now=day(at), **fields)


def run_until(of: Subscription, until: str) -> Subscription:
    """Everything that falls due by then happens at its moment: renewals, credits, the ends of pauses."""
    end = day(until)
    while True:
        row = Subscription.objects.get(pk=of.pk)
        moments = [row.credits_due_at, row.resumes_at if row.state == "paused" else None]
        facts = fact_of(row)
        if is_due(facts, end):
            moments.append(row.current_period_end)
        due = min((each for each in moments if each and each <= end), default=None)
        if due is None or row.state == "canceled":
            return row
        _at(row, due)


def _at(row: Subscription, now: datetime) -> None:
    if is_due(fact_of(row), now):
        done = renew_batch([row], until=now, actor=RUN, now=now)
        assert not done.failures, done.failures
    resume_due(actor=RUN, now=now)
    before = Subscription.objects.get(pk=row.pk).credits_due_at
    grant_due(actor=RUN, now=now)
    after = Subscription.objects.get(pk=row.pk)
    if after.credits_due_at == before and before and before <= now:
        Subscription.objects.filter(pk=row.pk).update(credits_due_at=None)


def bills(of: Subscription) -> list[tuple[str, int]]:
    """Each invoice's day and net, in the order they were written."""
    rows = Invoice.objects.filter(subscription=of).order_by("pk")
    return [(f"{row.created_at:%Y-%m-%d}", row.net_minor) for row in rows]


def lines(of: Invoice) -> list[tuple[str, int]]:
    return [(line.kind, line.net_minor) for line in of.lines.order_by("position")]


def waits(of: Subscription) -> int:
    """What waits for its next invoice, net."""
    rows = PendingLine.objects.filter(customer=of.customer_id, invoice__isnull=True)
    return sum(row.amount_minor for row in rows)


def grants(of: Subscription) -> list[tuple[str, int]]:
    """Each grant's day and amount."""
    rows = CreditLot.objects.filter(subscription=of).order_by("granted_at", "pk")
    return [(f"{row.granted_at:%Y-%m-%d}", row.amount) for row in rows]


def mrr(of: Subscription) -> list[tuple[str, str, int]]:
    rows = MrrMovement.objects.filter(customer=of.customer_id).order_by("at", "pk")
    return [(f"{row.day:%Y-%m-%d}", row.kind, row.amount_minor) for row in rows]
