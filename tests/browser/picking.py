"""Payments for journeys: each is handed out once, so that journeys on one desk leave each other alone."""

from dataclasses import dataclass

from tests.browser.desk import Desk

_given: set[tuple[str, int]] = set()


@dataclass(frozen=True, slots=True)
class Paid:
    """A succeeded payment with nothing back yet, and who made it."""

    pk: int
    reference: str
    amount_minor: int
    currency: str
    gateway_id: str
    customer: str
    name: str
    email: str

    @property
    def address(self) -> str:
        return f"/payments/{self.reference}/"

    @property
    def refund_address(self) -> str:
        return f"/refunds/of/{self.reference}/"


def paid(desk: Desk, *, locale: str = "", least: int = 5_000, most: int = 30_000) -> Paid:
    """A payment in euro that nobody has touched, by a customer with a name of their own; by default one that
    support may give back alone. `selling.py` sees to it that there are enough of each kind."""
    found = desk.rows(
        """
        SELECT p.id, p.reference, p.amount_minor, p.currency, p.gateway_id, c.reference, i.name, i.email
        FROM billing_payment p
        JOIN billing_customer c ON c.id = p.customer_id
        JOIN billing_identity i ON i.customer_id = c.id
        WHERE p.state = 'succeeded' AND p.captured_minor = p.amount_minor AND p.gateway = 'sandbox'
          AND p.currency = 'EUR' AND p.card_last4 = '4242' AND p.amount_minor BETWEEN %s AND %s
          AND c.locale LIKE %s AND (%s <> '' OR i.name ~ '^[A-Z][a-z]+ ')
          AND (SELECT count(*) FROM billing_identity o WHERE o.name ILIKE '%%' || i.name || '%%') = 1
          AND NOT EXISTS (SELECT FROM billing_refund r WHERE r.payment_id = p.id)
          AND NOT EXISTS (SELECT FROM billing_dispute d WHERE d.payment_id = p.id)
        ORDER BY p.created_at DESC, p.id
        """,
        least,
        most,
        locale or "%",
        locale,
    )
    for row in found:
        if (desk.database, row[0]) not in _given:
            _given.add((desk.database, row[0]))
            return Paid(*row)
    raise AssertionError(f"the book has no untouched payment of {least} to {most} left, locale {locale!r}")
