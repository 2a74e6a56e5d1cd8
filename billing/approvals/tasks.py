"""Jobs of approvals: one line each."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.approvals import services
from billing.history.actors import system


@app.periodic(cron="*/10 * * * *")
@app.task(name="approvals.expire", queueing_lock="approvals.expire")
def expire(timestamp: int) -> None:
    services.expire_due(actor=system("approvals"), now=timezone.now())
