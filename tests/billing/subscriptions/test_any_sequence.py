"""Whatever is done in whatever order, the invoices add up to the time used at the prices in force.

Proven line by line, to the minor unit: what is kept of each line is its amount less the share that was not
used; the used parts of all lines tile the time in which something was paid, without a gap or an overlap; and
each line costs what the price in force costs for its time. MRR movements add up to what the plan is worth.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from billing.errors import Refused
from billing.models import (
    CreditLot,
    InvoiceLine,
    MrrMovement,
    PendingChange,
    PendingLine,
    Price,
    Subscription,
)
from billing.periods import Interval, Period, add_interval
from billing.proration import prorate
from billing.subscriptions.listing import monthly_of
from billing.subscriptions.moving_dates import move_billing_date
from tests.billing.subscriptions import life
from tests.billing.subscriptions.plans import day

pytestmark = pytest.mark.django_db

START = day("2026-01-31T10:00:00")


class Story:
    """What was done, and from when on which plan was in force (None: nothing to pay)."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        free, team, club = life.tier("Free", 10), life.tier("Team", 300, rank=1), life.tier("Club", rank=2)
        self.prices = [
            life.price(free, 0),
            life.price(team, 2_999),
            life.price(team, 29_990, "year"),
            life.price(club, 777, "week"),
            life.price(club, 11_111, "month", interval_count=3),
        ]
        self.now = START
        first = self.prices[1]
        self.row = life.start(START.isoformat()[:19], first, 3)
        self.plans: list[tuple[datetime, Price | None, int]] = [(START, first, 3)]
        self.stops: list[datetime] = []

    def go(self, steps: int) -> None:
        for _ in range(steps):
            self.now += timedelta(seconds=self.random.randrange(1, 40 * 86_400))
            self.row = life.run_until(self.row, self.said())
            try:
                self.random.choice([self.change, self.change, self.later, self.rest, self.move])()
            except Refused:
                continue
        self.row = Subscription.objects.get(pk=self.row.pk)
        for each in PendingChange.objects.filter(subscription=self.row, applied_at__isnull=False):
            self.plans.append((each.applies_at, each.price, each.quantity))
        self.plans.sort(key=lambda plan: plan[0])

    def said(self) -> str:
        return self.now.isoformat()[:19]

    def change(self) -> None:
        to, seats = self.random.choice(self.prices), self.random.randrange(1, 9)
        life.change(self.row, self.said(), to, seats)
        self.stops.append(self.now)
        self.plans.append((self.now, to, seats))

    def later(self) -> None:
        to, seats = self.random.choice(self.prices), self.random.randrange(1, 9)
        life.change(self.row, self.said(), to, seats, when="period_end")

    def rest(self) -> None:
        life.pause(self.row, self.said())
        self.stops.append(self.now)
        self.plans.append((self.now, None, 0))
        self.now += timedelta(seconds=self.random.randrange(1, 60 * 86_400))
        life.resume(self.row, self.said())
        item = self.row.items.get()
        self.plans.append((self.now, item.price, item.quantity))

    def move(self) -> None:
        self.row.refresh_from_db()
        to = self.now + timedelta(seconds=self.random.randrange(1, 40 * 86_400))
        earlier = to < self.row.current_period_end
        move_billing_date(subscription_id=self.row.pk, to=to, reason="Asked", actor=life.JUDE, now=self.now)
        if earlier:
            self.stops.append(to)


def kept(line: InvoiceLine) -> int:
    taken = InvoiceLine.objects.filter(takes_back=line).exclude(invoice__state="void")
    waiting = PendingLine.objects.filter(takes_back=line, invoice__isnull=True)
    return line.net_minor + sum(x.net_minor for x in taken) + sum(x.amount_minor for x in waiting)


def in_force(story: Story, at: datetime) -> tuple[Price | None, int]:
    return [(price, seats) for since, price, seats in story.plans if since <= at][-1]


@pytest.mark.parametrize("seed", range(3))
def test_invoices_add_up_to_the_time_used_at_the_prices_in_force(seed: int) -> None:
    story = Story(seed)
    story.go(8)
    lines = InvoiceLine.objects.filter(
        invoice__subscription=story.row, kind__in=("subscription", "proration_charge")
    ).order_by("period_start", "pk")
    used: list[Period] = []
    for line in lines:
        whole = Period(line.period_start, line.period_end)
        stopped = min((at for at in story.stops if whole.start < at < whole.end), default=whole.end)
        unused = prorate(line.net_minor, whole, Period(stopped, whole.end))
        assert kept(line) == line.net_minor - unused
        price, seats = in_force(story, whole.start)
        assert price == line.price
        interval = Interval(price.interval_unit, price.interval_count)
        cell = whole
        if line.kind == "proration_charge":
            cell = Period(*(datetime.fromisoformat(each) for each in line.why["whole"]))
        assert line.net_minor == prorate(price.unit_amount_minor * seats, cell, whole)
        length = add_interval(cell.start, 1, interval) - cell.start
        assert abs(cell.end - cell.start - length) <= timedelta(days=3)  # a month that ends on its last day
        if whole.start < stopped:
            used.append(Period(whole.start, stopped))
    horizon = story.row.current_period_end
    paid: list[Period] = []
    ends = [since for since, _, _ in story.plans[1:]] + [horizon]
    for (since, price, _), until in zip(story.plans, ends, strict=True):
        if price is not None and price.unit_amount_minor and since < until:
            paid.append(Period(since, until))
    assert joined(used) == joined(paid)
    moved = sum(each.amount_minor for each in MrrMovement.objects.filter(customer=story.row.customer))
    assert moved == monthly_of(Subscription.objects.get(pk=story.row.pk)).minor
    lots = CreditLot.objects.filter(subscription=story.row)
    causes = [(lot.grant_period, lot.kind, lot.cause) for lot in lots]
    assert len(causes) == len(set(causes))


def joined(parts: list[Period]) -> list[tuple[datetime, datetime]]:
    """Neighbours as one; an overlap shows as parts out of order."""
    made: list[list[datetime]] = []
    for part in parts:
        if made and made[-1][1] == part.start:
            made[-1][1] = part.end
        else:
            made.append([part.start, part.end])
    assert all(a[1] < b[0] for a, b in pairwise(made)), "time was billed twice"
    return [(start, end) for start, end in made]
