"""Two years of Halden in a few seconds, the same for the same seed, day and staff."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from billing.demo import committing, company, corners, crediting, journals, told, using
from billing.demo.book import Book
from billing.demo.subscribing import sign_up
from billing.demo.world import World
from billing.history.actors import Actor
from billing.periods import add_months, month_starts

__all__ = ["simulate"]

MONTHS = 24


def simulate(*, customers: int, seed: int, today: date, people: Sequence[Actor]) -> Book:
    """The book of a company with so many customers, up to the midnight that ``today`` begins with.

    ``people`` are members of staff, the one of support first; there must be two, as nobody decides on
    what they asked for.
    """
    if customers < 1 or len(people) < 2:
        raise ValueError("a company has at least one customer and two people at its desk")
    now = datetime.combine(today, time(), tzinfo=UTC)
    start = datetime.combine(add_months(today, -MONTHS), time(9), tzinfo=UTC)
    book = Book(seed=seed, now=now, people=people)
    world = World(book)
    months = month_starts(start.date(), today)
    journals.fix_rates(book, months)
    company.open_shop(book, start - timedelta(hours=1))
    for at, slug in company.raise_prices(book):
        world.at(at, lambda world, when, slug: company.raise_price(world.book, slug, when), slug)
    for month in months[1:]:
        world.at(datetime.combine(month, time(), tzinfo=UTC), journals.close_month)
        world.at(datetime.combine(month, time(6), tzinfo=UTC), journals.pay_out)
    world.at(world.book.now - timedelta(hours=20), journals.pay_out)
    span = round((now - start).total_seconds()) - 7200
    for _ in range(customers):
        # More come the better the company is known: the density of arrivals rises.
        place = max(book.random.randrange(span), book.random.randrange(-span, span))
        world.at(start + timedelta(seconds=max(60, place)), sign_up)
    corners.place_corners(world)
    world.run()
    told.bring_free_up_to_date(world)
    committing.agree_on_terms(world)
    crediting.fill_accounts(world)
    told.tell_of_gateway(world)
    using.measure(world)
    return book
