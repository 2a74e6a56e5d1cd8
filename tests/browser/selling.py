"""What the journeys give money back of: payments of their own in the book, as many whatever the day.

The demo company's years end on the day that the book is made, and so what its customers happened to pay
differs from day to day: on some days nobody has paid more than 10,000 EUR, or nobody in German. Therefore
some of them buy something more, through the services of the desk: an invoice, and a charge at the sandbox.

`python -m tests.browser.selling`, on the book that DATABASE_NAME names.
"""

from datetime import timedelta
from typing import Any

#: language (any if empty), amount in minor units, and how many customers pay it
WANTED = (
    ("", 1_250_000, 2),
    ("", 90_000, 5),
    ("de-DE", 14_900, 3),
    ("", 23_800, 6),
    ("", 11_900, 6),
)
CARD = "4242"

# Who has a name of their own, without accents where the language does not matter, and no quarrel with us.
BUYERS = """
SELECT c.id FROM billing_customer c JOIN billing_identity i ON i.customer_id = c.id
WHERE c.currency = 'EUR' AND c.locale LIKE %s AND (%s <> '' OR i.name ~ '^[A-Z][a-z]+ ')
  AND (SELECT count(*) FROM billing_identity o WHERE o.name ILIKE '%%' || i.name || '%%') = 1
  AND NOT EXISTS (SELECT FROM billing_dispute d WHERE d.customer_id = c.id)
  AND NOT EXISTS (SELECT FROM billing_customerlink l WHERE c.id IN (l.customer_id, l.into_id))
  AND NOT EXISTS (SELECT FROM billing_refund r WHERE r.customer_id = c.id)
ORDER BY c.id
"""


def main() -> None:
    import django

    django.setup()
    taken: set[int] = set()
    for locale, minor, many in WANTED:
        for buyer in buyers(locale, taken)[:many]:
            taken.add(buyer)
            sell(buyer, minor)


def buyers(locale: str, taken: set[int]) -> list[int]:
    """Customers in the order of their arrival, those who have bought here already last."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(BUYERS, [locale or "%", locale])
        found = [row[0] for row in cursor.fetchall()]
    return sorted(found, key=lambda each: (each in taken, each))


def sell(buyer: int, minor: int) -> None:
    """One invoice, tax included, paid at once by a card of its own."""
    from django.utils import timezone

    from billing.history.actors import system
    from billing.invoices.composing import Piece
    from billing.invoices.issuing import write_invoices
    from billing.invoices.orders import InvoiceOrder
    from billing.models import PaymentMethod
    from billing.payments.charging import collect_invoice

    now, actor = timezone.now(), system("worker")
    order = InvoiceOrder(
        buyer,
        None,
        "EUR",
        (Piece("one_off", "A day of training", minor, inclusive=True),),
        cause=f"journey:{buyer}:{minor}",
        collect="send",
        takes_pending=False,
        uses_store_credit=False,
    )
    (invoice,) = write_invoices([order], actor=actor, now=now)
    card: dict[str, Any] = {"kind": "card", "brand": "visa", "last4": CARD, "exp_month": 12}
    method = PaymentMethod.objects.create(
        customer_id=buyer,
        gateway="sandbox",
        gateway_id=f"sbx_pm_{invoice.pk}_{CARD}",
        gateway_as_of=now,
        exp_year=(now + timedelta(days=1_200)).year,
        created_at=now,
        **card,
    )
    payment = collect_invoice(invoice_id=invoice.pk, actor=actor, now=now, method_id=method.pk)
    if payment.state != "succeeded" or payment.amount_minor != minor:
        raise AssertionError(f"{payment.reference} of {minor} is {payment.state}, {payment.amount_minor}")


if __name__ == "__main__":
    main()
