"""Many rows in one statement, for tests of plans and of paging."""

from django.db import connection

PAYMENTS = """
INSERT INTO billing_payment (
    gateway, gateway_id, reference, customer_id, state, currency, amount_minor, captured_minor, method_kind,
    card_brand, card_last4, failure_code, failure_message, description, created_at
)
SELECT (ARRAY['stripe', 'sandbox'])[1 + (n %% 50 = 0)::int], 'pi_bulk_' || n,
    'PAY-20260101-' || lpad(n::text, 8, '0'), (%(customers)s::bigint[])[1 + n %% %(many)s],
    CASE WHEN n %% 20000 = 77 THEN 'unknown' WHEN n %% 12 = 0 THEN 'failed' ELSE 'succeeded' END,
    CASE WHEN n %% 20000 = 99 THEN 'GBP' ELSE (ARRAY['EUR', 'USD'])[1 + n %% 2] END,
    100 + (n::bigint * 7919) %% 500000, 0, 'card', 'visa', lpad((n %% 9973)::text, 4, '0'), '', '', '',
    timestamptz '2026-11-18 13:00Z' - n * interval '31 seconds'
FROM generate_series(1, %(count)s) n
"""


def payments(count: int, customers: list[int]) -> None:
    """Payments 31 seconds apart: one in twelve failed, one in 20,000 unknown; the planner knows of them."""
    with connection.cursor() as cursor:
        cursor.execute(PAYMENTS, {"customers": customers, "many": len(customers), "count": count})
    analyse("billing_payment")


def analyse(table: str) -> None:
    """Fresh statistics, as autovacuum would have made them; only the owner of a table may."""
    from dashboard.database import as_owner

    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute(f"ANALYZE {owner.ops.quote_name(table)}")
