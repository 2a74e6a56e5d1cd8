"""`manage.py procrastinate worker`: jobs and the inbox of webhooks; it serves only on a fit database."""

import os
import signal
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from procrastinate.contrib.django import app
from procrastinate.contrib.django.management.commands import procrastinate

from billing.webhooks.draining import drained
from dashboard.health.startup import refuse_unless_fit


class Command(procrastinate.Command):
    help = "Runs and looks after the queue of jobs; `worker` starts a worker, which drains the inbox as well."

    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("command") != "worker":
            super().handle(*args, **options)
            return
        try:
            refuse_unless_fit()
        except ImproperlyConfigured as refusal:
            raise CommandError(str(refusal)) from refusal
        if not settings.WORKER_SCHEDULES:
            start_nothing_by_the_clock()
        with drained(failed=_end):
            super().handle(*args, **options)


def start_nothing_by_the_clock() -> None:
    """Forget the schedules in this process; the tasks themselves stay known, for whoever queues them."""
    app.perform_import_paths()  # else the worker would import, and schedule, the rest of them
    app.periodic_registry.periodic_tasks.clear()


def _end() -> None:
    """A worker that no longer drains must not look as if it did: it ends, and is started anew."""
    os.kill(os.getpid(), signal.SIGTERM)
