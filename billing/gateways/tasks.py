"""Jobs of the gateways: the sandbox's messages go out when they are due."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.gateways import sandbox_events


@app.periodic(cron="* * * * *")
@app.task(name="gateways.sweep_sandbox_events", queue="gateways", lock="sandbox-delivery", pass_context=False)
def sweep_sandbox_events(timestamp: int) -> None:
    sandbox_events.deliver_due(now=timezone.now())


@app.task(name="gateways.deliver_sandbox_events", queue="gateways", lock="sandbox-delivery")
def deliver_sandbox_events() -> None:
    sandbox_events.deliver_due(now=timezone.now())
