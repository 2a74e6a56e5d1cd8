"""Jobs of payments, a line each; and the kinds of long work over payments that a worker must know."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.payments import bulk, card_leaving, collecting, expiring, unknown

__all__ = ["bulk"]


@app.periodic(cron="* * * * *")
@app.task(name="payments.sweep", queue="gateways", queueing_lock="payments.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    collecting.sweep(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(name="payments.look_up", queue="gateways", queueing_lock="payments.look_up", pass_context=False)
def look_up(timestamp: int) -> None:
    unknown.look_up_due(now=timezone.now())


@app.periodic(cron="20 6 * * *")
@app.task(
    name="payments.warn_of_expiry",
    queue="messages",
    queueing_lock="payments.warn_of_expiry",
    pass_context=False,
)
def warn_of_expiry(timestamp: int) -> None:
    expiring.warn_of_expiry(now=timezone.now())


@app.task(name=card_leaving.LOOK_UP, queue="gateways", pass_context=False)
def look_up_card(link_id: int) -> None:
    card_leaving.look_up_card(link_id=link_id, now=timezone.now())


@app.periodic(cron="*/5 * * * *")
@app.task(
    name="payments.look_up_cards",
    queue="gateways",
    queueing_lock="payments.look_up_cards",
    pass_context=False,
)
def look_up_cards(timestamp: int) -> None:
    card_leaving.look_up_cards_due(now=timezone.now())
