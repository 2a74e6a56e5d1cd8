"""Jobs of alerts: the mail goes out after the alert is there for good."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from billing.notifications import services


@app.task(
    name=services.MAIL_ALERT,
    queue=services.QUEUE,
    retry=RetryStrategy(max_attempts=8, wait=10, exponential_wait=3),
)
def mail_alert(alert_id: int) -> None:
    services.mail_alert(alert_id=alert_id, now=timezone.now())
