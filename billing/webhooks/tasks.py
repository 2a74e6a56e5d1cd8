"""What runs can do to webhook events; events themselves are no jobs, the worker drains the inbox."""

from billing.webhooks import ignoring, replaying

__all__ = ["ignoring", "replaying"]


@app.periodic(cron="* * * * *")
@app.task(name="webhooks.watch", queue=queue.QUEUE, queueing_lock="webhooks.watch", pass_context=False)
def watch(timestamp: int) -> None:
    watching.watch(now=timezone.now())
