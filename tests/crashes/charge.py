"""Charges one invoice in a process of its own, with a gateway that kills it.

`python -m tests.crashes.charge GATEWAY INVOICE_ID`, on the database that DATABASE_NAME names.
"""

import sys


def main(gateway: str, invoice_id: str) -> None:
    import django

    django.setup()
    from django.conf import settings

    from billing.payments.charging import collect_invoice
    from tests.billing.payments.tills import JUDE, NOW

    settings.GATEWAYS = {"sandbox": f"tests.crashes.deadly.{gateway}"}
    collect_invoice(invoice_id=int(invoice_id), actor=JUDE, now=NOW)


if __name__ == "__main__":
    main(*sys.argv[1:])
