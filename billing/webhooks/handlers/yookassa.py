"""What YooKassa's notifications are about. Every one of them is asked for before it is believed."""

from billing.webhooks.handlers.handler import Handler

#: The first line that fits decides; a type that none fits is ignored.
YOOKASSA: tuple[Handler, ...] = (
    Handler("payment.", "payments", ask=True),
    Handler("refund.", "refunds", ask=True),
    Handler("deal.", "", why="A deal's money is told of by its payments and refunds."),
    Handler("payout.", "", why="Payouts send our money to others; the desk keeps no record of them."),
)
