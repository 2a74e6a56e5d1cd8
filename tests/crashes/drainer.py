"""A worker's draining loop in a process of its own, with a lease short enough to be waited for.

`python -m tests.crashes.drainer STRIPE_URL`, on the database that DATABASE_NAME names; it drains until it is
killed.
"""

import sys
from datetime import timedelta
from threading import Event

LEASE = timedelta(seconds=2)


def main(url: str) -> None:
    import django

    django.setup()
    from django.conf import settings

    from billing.webhooks import draining, rules

    settings.STRIPE_API_BASE, settings.STRIPE_API_KEY = url, "sk_test_recorded000000000"
    rules.LEASE = LEASE
    draining.keep_draining(stop=Event(), worker="to be killed")


if __name__ == "__main__":
    main(sys.argv[1])
