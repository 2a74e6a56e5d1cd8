"""Jobs of the audit trail."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from billing.audit import services
from billing.history.actors import system


@app.periodic(cron="* * * * *")
@app.task(name="audit.seal", queueing_lock="audit.seal", pass_context=False)
def seal(timestamp: int) -> None:
    services.seal(now=timezone.now())


@app.periodic(cron="15 5 * * *")
@app.task(name="audit.queue_head", queueing_lock="audit.queue_head", pass_context=False)
def queue_head(timestamp: int) -> None:
    services.queue_head(now=timezone.now())


@app.task(
    name=services.MAIL_HEAD,
    queue=services.QUEUE,
    retry=RetryStrategy(max_attempts=8, wait=10, exponential_wait=3),
)
def mail_head(day: str) -> None:
    services.mail_head(day=day, actor=system("audit"), now=timezone.now())
