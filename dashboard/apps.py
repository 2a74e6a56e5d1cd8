from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class DashboardConfig(AppConfig):
    name = "dashboard"
    label = "dashboard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dashboard.access.groups import sync_groups
        from dashboard.health.startup import check_database
        from dashboard.queues import bulk, counts, words  # noqa: F401  (a worker knows the kinds of bulk work)

        words.announce()
        counts.announce()
        post_migrate.connect(sync_groups, sender=self, dispatch_uid="dashboard.access.sync_groups")
        checks.register(check_database, checks.Tags.database)
