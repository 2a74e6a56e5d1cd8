"""Imports the Stripe account, or goes on with an import that stopped."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.errors import Refused
from billing.history.actors import system
from billing.ids import form_key
from billing.imports import services
from billing.imports.queries import latest_import
from billing.jobs.models import Run, RunState


class Command(BaseCommand):
    help = "Import customers, prices, subscriptions, invoices, payments, refunds and disputes from Stripe."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--afresh", action="store_true", help="begin at the beginning even if an import stopped half-way"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = services.run_import(run_id=self._run(afresh=options["afresh"]).pk)
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        for name, told in run.result.items():
            if told.get("not_offered"):
                self.stdout.write(f"{name}: not offered by this server")
            else:
                self.stdout.write(
                    f"{name}: {told['seen']} read, {told['written']} written, {told['failed']} failed"
                )
        for row in run.rows.filter(ok=False)[:20]:
            self.stdout.write(f"  {row.subject_kind} {row.label}: {row.message}")
        if run.state != RunState.DONE:
            raise CommandError(run.message or f"The import is {run.state}.")
        self.stdout.write(f"Import {run.pk} is done: {run.done} objects, {run.failed} of them failed.")

    def _run(self, *, afresh: bool) -> Run:
        """The import that stopped, or a new one. One that is queued or was killed is taken over at once: the
        lock that the process at work holds tells whether there is one."""
        actor, now = system("command line"), timezone.now()
        last = latest_import()
        stopped = last is not None and last.state not in (RunState.DONE, RunState.CANCELED)
        if last is not None and stopped and not afresh:
            self.stdout.write(f"Going on with import {last.pk}.")
            return last
        if last is not None and stopped:
            services.cancel_import(run_id=last.pk, actor=actor, now=now)
        return services.start_import(actor=actor, form_key=form_key(), now=now, enqueue=False)
