from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"
    label = "billing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from billing.checkouts import fulfilling  # noqa: F401  (payments are told who sells what they pay)
        from billing.refunds import lost_disputes  # noqa: F401  (disputes are told who takes back what)
