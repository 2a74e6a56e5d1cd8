"""dj-stripe's webhook view on a site of its own, for the benchmark only.

It runs where dj-stripe is installed, and asks Stripe for nothing: the signature is verified, the event is
stored, and no handler finds work.
"""

import os
import sys

from benchmarks.webhooks.djstripe_endpoint import UUID
from benchmarks.webhooks.messages import SECRET


def configure() -> None:
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="of-the-benchmark-only-" + "x" * 40,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="benchmarks.webhooks.djstripe_urls",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "djstripe",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": os.environ["BENCH_DB_NAME"],
                "USER": os.environ["BENCH_DB_USER"],
                "HOST": os.environ["BENCH_DB_HOST"],
                "CONN_MAX_AGE": None,
            }
        },
        USE_TZ=True,
        STRIPE_TEST_SECRET_KEY=f"sk_test_{'x' * 24}",  # asks nobody
        DJSTRIPE_WEBHOOK_EVENT_CALLBACK="benchmarks.webhooks.djstripe_endpoint.only_store",
        STRIPE_LIVE_MODE=False,
        DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
        DJSTRIPE_USE_NATIVE_JSONFIELD=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LOGGING_CONFIG=None,
    )
    django.setup()


def prepare() -> None:
    """Tables, and the endpoint with the benchmark's secret."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from djstripe.models import WebhookEndpoint

    WebhookEndpoint.objects.get_or_create(
        id="we_bench",
        defaults={
            "djstripe_uuid": UUID,
            "secret": SECRET,
            "url": "http://localhost/",
            "livemode": False,
            "status": "enabled",
            "enabled_events": ["*"],
            "djstripe_tolerance": 3600,
            "djstripe_validation_method": "verify_signature",
        },
    )


configure()
if __name__ == "__main__" and sys.argv[1:] == ["prepare"]:
    prepare()
else:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
