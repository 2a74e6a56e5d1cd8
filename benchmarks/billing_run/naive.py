"""What one would write first: an invoice and its line by the ORM, one by one, or a thousand by bulk_create.

Bare: no tax is decided, nothing is numbered or posted, no credit is granted, no history is kept, no period
moves; only the rows themselves, so it is the least that any billing loop on an ORM must do.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any

from benchmarks.billing_run.book import NOW

_numbers = count(1)


def _rows(subscription: Any) -> tuple[Any, Any]:
    from billing.models import Invoice, InvoiceLine

    number = next(_numbers)
    invoice = Invoice(
        reference=f"NAIVE-{number:012}", customer_id=subscription.customer_id, subscription=subscription,
        state="draft", currency="EUR", net_minor=1_900, tax_minor=361, total_minor=2_261, created_at=NOW,
    )  # fmt: skip
    line = InvoiceLine(
        invoice=invoice, position=1, description="Solo, monthly", net_minor=1_900, tax_minor=361,
        kind="subscription", treatment="standard",
    )  # fmt: skip
    return invoice, line


def loop(subscriptions: Sequence[Any]) -> int:
    """Each in a transaction of its own."""
    from django.db import transaction

    for each in subscriptions:
        with transaction.atomic():
            invoice, line = _rows(each)
            invoice.save()
            line.save()
    return len(subscriptions)


def bulk(subscriptions: Sequence[Any]) -> int:
    """All in two statements."""
    from django.db import transaction

    from billing.models import Invoice, InvoiceLine

    made = [_rows(each) for each in subscriptions]
    with transaction.atomic():
        Invoice.objects.bulk_create([invoice for invoice, _ in made])
        InvoiceLine.objects.bulk_create([line for _, line in made])
    return len(made)
