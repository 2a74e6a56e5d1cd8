"""Many rows in one statement, for tests of plans and of paging."""

from django.db import connection

PAYMENTS = """
INSERT INTO billing_payment (
    gateway, gateway_id, reference, customer_id, state, currency, amount_minor, captured_minor, method_kind,
    card_brand, card_last4, failure_code, failure_message, description, created_at,
    is_live, checkout_id
)
SELECT (ARRAY['stripe', 'sandbox'])[1 + (n %% 50 = 0)::int], 'pi_bulk_' || n,
    'PAY-20260101-' || lpad(n::text, 8, '0'), (%(customers)s::bigint[])[1 + n %% %(many)s],
    CASE WHEN n %% 20000 = 77 THEN 'unknown' WHEN n %% 12 = 0 THEN 'failed'
        WHEN n %% 150 = 5 THEN 'pending' WHEN n %% 150 = 7 THEN 'requires_action' ELSE 'succeeded' END,
    CASE WHEN n %% 20000 = 99 THEN 'GBP' ELSE (ARRAY['EUR', 'USD'])[1 + n %% 2] END,
    100 + (n::bigint * 7919) %% 500000, 0, 'card', 'visa', lpad((n %% 9973)::text, 4, '0'), '', '', '',
    timestamptz '2026-11-18 13:00Z' - n * interval '31 seconds', false, ''
FROM generate_series(1, %(count)s) n
"""


def payments(count: int, customers: list[int]) -> None:
    """Payments 31 seconds apart: one in twelve failed, one in 150 pending, one in 20,000 unknown."""
    with connection.cursor() as cursor:
        cursor.execute(PAYMENTS, {"customers": customers, "many": len(customers), "count": count})
    for table in ("billing_payment", "billing_customer", "billing_identity"):
        analyse(table)


#: Tables whose statistics a test has made: they outlive its rollback, and are made anew after its module.
ANALYSED: set[str] = set()


def analyse(table: str) -> None:
    """Fresh statistics, as autovacuum would have made them; only the owner of a table may."""
    from dashboard.database import as_owner

    ANALYSED.add(table)

    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute(f"ANALYZE {owner.ops.quote_name(table)}")


def analyse_the_book() -> None:
    """Fresh statistics of all that billing has written, in the caller's transaction too.

    Without them the planner takes what is not committed yet for nothing: a second becomes minutes.
    """
    from django.apps import apps

    for model in apps.get_app_config("billing").get_models():
        if model._meta.managed:
            analyse(model._meta.db_table)


REFUNDS = """
INSERT INTO billing_refund (
    gateway, gateway_id, reference, payment_id, customer_id, state, origin, reason, currency, amount_minor,
    from_balance_minor, note_internal, note_to_customer, gateway_message, failure_code, asked_by_ref,
    asked_by_name, allowed_by_rule, attempts, created_at, submitted_at, seen_at, seen_by_ref,
    seen_by_name, destination, outside_reference, plan
)
SELECT 'stripe', 're_bulk_' || n, 'REF-20260101-' || lpad(n::text, 8, '0'), p.id, p.customer_id,
    CASE WHEN n %% 20000 = 77 THEN 'submitting' WHEN n %% 20000 = 79 THEN 'requires_action'
        WHEN n %% 9 = 0 THEN 'failed' ELSE 'succeeded' END,
    'gateway', (ARRAY['goodwill', 'duplicate', 'other'])[1 + n %% 3], p.currency,
    100 + (n::bigint * 7919) %% 500000, 0, '', '', '', '', 'gateway:stripe',
    'Stripe', 'made at the gateway', 1,
    timestamptz '2026-11-18 13:00Z' - n * interval '31 seconds',
    timestamptz '2026-11-18 13:00Z' - n * interval '31 seconds',
    CASE WHEN n %% 20000 = 83 THEN NULL ELSE timestamptz '2026-11-18 14:00Z' END,
    CASE WHEN n %% 20000 = 83 THEN '' ELSE 'staff:1' END,
    CASE WHEN n %% 20000 = 83 THEN '' ELSE 'Ines Marchetti' END,
    'original_payment', '', '{}'
FROM generate_series(%(first)s, %(count)s) n
JOIN (SELECT id, customer_id, currency, row_number() OVER (ORDER BY id) AS place FROM billing_payment) p
    ON p.place = 1 + n %% %(many)s
"""


def refunds(count: int, of: int, *, first: int = 1) -> None:
    """Refunds, from number ``first`` to ``count``, of the first ``of`` payments, 31 seconds apart, all
    made at the gateway: one in nine failed, one in 20,000 each unseen, under way, and waiting."""
    with connection.cursor() as cursor:
        cursor.execute(REFUNDS, {"first": first, "count": count, "many": of})
    analyse("billing_refund")


def forget() -> None:
    """Makes the statistics of big tables those of what is left of them."""
    for table in tuple(ANALYSED):
        analyse(table)
    ANALYSED.clear()
