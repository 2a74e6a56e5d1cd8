"""Runs one step of a refund in a process of its own, with a gateway that kills it.

`python -m tests.crashes.kill GATEWAY REFUND_ID`, on the database that DATABASE_NAME names.
"""

import sys
from datetime import UTC, datetime


def main(gateway: str, refund_id: str) -> None:
    import django

    django.setup()
    from django.conf import settings

    from billing.refunds.services import submit_refund

    settings.GATEWAYS = {"sandbox": f"tests.crashes.deadly.{gateway}"}
    submit_refund(refund_id=int(refund_id), now=datetime(2026, 11, 18, 9, 31, tzinfo=UTC))


if __name__ == "__main__":
    main(*sys.argv[1:])
