"""What follows a payment: a double charge, a refund, a dispute."""

from datetime import datetime, timedelta
from decimal import Decimal

from billing.demo.book import Row
from billing.demo.world import World

__all__ = ["after_payment"]


def after_payment(world: World, at: datetime, payment: Row) -> None:
    from billing.demo import disputing, refunding

    book = world.book
    if book.chance(Decimal("0.45")) and "twice" not in payment["description"]:
        world.at(at + timedelta(minutes=book.random.randrange(2, 90)), charge_twice, payment)
    elif book.chance(Decimal("2.6")):
        world.at(world.later(at, 0, 35), refunding.refund, payment)
    elif book.chance(Decimal("0.55")):
        world.at(world.later(at, 4, 50), disputing.dispute, payment)


def charge_twice(world: World, at: datetime, payment: Row) -> None:
    """The same thing is paid a second time; all of it is the customer's, and most of it goes back."""
    from billing.demo import refunding
    from billing.demo.collecting import start_payment, succeed

    account = world.accounts[payment["customer_id"] - 1]
    second = start_payment(
        world, at, account, payment["amount_minor"], description=f"{payment['description']}, charged twice"
    )
    succeed(world, at + timedelta(seconds=2), second, None)
    if world.book.chance(90):
        world.at(world.later(at, 0, 6), refunding.refund_duplicate, second)
