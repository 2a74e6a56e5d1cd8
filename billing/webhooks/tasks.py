"""Jobs of webhooks: what runs can do to events, and the minute's watch. Events themselves are no jobs: the
worker drains the inbox."""

from django.utils import timezone
from procrastinate.contrib.django import app

from billing.webhooks import ignoring, replaying, retention, watching

__all__ = ["ignoring", "replaying"]


@app.periodic(cron="* * * * *")
@app.task(name="webhooks.watch", queue="webhooks", queueing_lock="webhooks.watch", pass_context=False)
def watch(timestamp: int) -> None:
    watching.watch(now=timezone.now())


@app.periodic(cron="25 3 * * *")
@app.task(name="webhooks.keep_contents", queue="webhooks", queueing_lock="webhooks.keep_contents")
def keep_contents(timestamp: int) -> None:
    retention.keep_contents(now=timezone.now())
