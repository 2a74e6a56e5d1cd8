from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate

if TYPE_CHECKING:
    from billing.messages.attaching import File
    from billing.messages.models import Message


def _invoice_of(message: "Message") -> "File":
    """What makes documents is loaded when the first one is made."""
    from reports.documents.attaching import invoice_of_message

    return invoice_of_message(message)


class DashboardConfig(AppConfig):
    name = "dashboard"
    label = "dashboard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from billing.messages.attaching import attach_to
        from dashboard.access.groups import sync_groups
        from dashboard.health.startup import check_database
        from dashboard.invoices import bundling  # noqa: F401  (a worker makes the documents of archives)
        from dashboard.queues import bulk, counts, words  # noqa: F401  (a worker knows the kinds of bulk work)

        attach_to("invoice_issued", _invoice_of)
        words.announce()
        counts.announce()
        post_migrate.connect(sync_groups, sender=self, dispatch_uid="dashboard.access.sync_groups")
        checks.register(check_database, checks.Tags.database)
