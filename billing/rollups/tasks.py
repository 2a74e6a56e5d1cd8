"""Jobs of the daily totals."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.rollups import services


@app.periodic(cron="* * * * *")
@app.task(name="rollups.roll_up", queueing_lock="rollups.roll_up", pass_context=False)
def roll_up(timestamp: int) -> None:
    services.roll_up_all(now=timezone.now())
