"""`manage.py procrastinate worker`: as everywhere, the worker serves only on a fit database."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from procrastinate.contrib.django.management.commands import procrastinate

from billing.metrics import flushing
from dashboard.health.startup import refuse_unless_fit


class Command(procrastinate.Command):
    help = "Runs and looks after the queue of jobs; `worker` starts a worker."

    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("command") == "worker":
            try:
                refuse_unless_fit()
            except ImproperlyConfigured as refusal:
                raise CommandError(str(refusal)) from refusal
            flushing.allow()
        super().handle(*args, **options)
