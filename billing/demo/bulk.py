# ruff: noqa: E501 (one long statement)
"""A million payments in one statement, to see what lists and figures cost at that size.

Not a company: payments without a story, spread evenly over two years and over the customers that are there.
They hold every constraint of their table; with ``with_history`` the checks that ask for history hold too.
"""

from datetime import datetime

from django.db import connection, transaction

from billing.history.actors import system
from billing.history.context import acting

__all__ = ["add_payments"]

#: of a thousand payments, so many in each state; the rare ones are what an index is proved with
STATES = (("failed", 40), ("requires_action", 3), ("pending", 2), ("unknown", 1), ("canceled", 4))


def add_payments(count: int, *, now: datetime, with_history: bool = False) -> int:
    """Adds ``count`` payments that end at ``now``; gives how many there were. The desk needs a customer."""
    thresholds, edge = [], 0
    for state, share in STATES:
        edge += share
        thresholds.append(f"WHEN n * 7919 %% 1000 < {edge} THEN '{state}'")
    with (
        transaction.atomic(),
        acting(system("demo"), reason="Payments in bulk"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            _PAYMENTS.format(state=f"CASE {' '.join(thresholds)} ELSE 'succeeded' END"), [count, now]
        )
        added = cursor.rowcount
        if with_history:
            cursor.execute(_HISTORY)
    return added


_PAYMENTS = """
WITH customers AS (
    SELECT id, coalesce(nullif(currency, ''), 'EUR') AS currency, row_number() OVER (ORDER BY id) - 1 AS place,
           count(*) OVER () AS many
    FROM billing_customer
), numbers AS (
    SELECT n, {state} AS state, 100 + n * 104729 %% 90000 AS minor
    FROM generate_series(1, %s::bigint) n
), placed AS (
    SELECT n, state, minor, %s::timestamptz - n * interval '60 seconds' AS at FROM numbers
)
INSERT INTO billing_payment (
    gateway, gateway_id, gateway_as_of, reference, customer_id, state, currency, amount_minor, captured_minor,
    fee_minor, method_kind, card_brand, card_last4, failure_code, failure_message, description, created_at,
    succeeded_at, is_live, checkout_id
)
SELECT 'sandbox', 'sbx_pay_BULK' || n, at, 'PAY-' || to_char(at, 'YYYYMMDD') || '-B' || lpad(n::text, 7, '0'),
       c.id, p.state, c.currency, minor, CASE WHEN p.state = 'succeeded' THEN minor ELSE 0 END, NULL, 'card',
       'visa', lpad((n * 31 %% 10000)::text, 4, '0'), CASE WHEN p.state = 'failed' THEN 'do_not_honor' ELSE '' END,
       '', '', at, CASE WHEN p.state = 'succeeded' THEN at END, false, ''
FROM placed p JOIN customers c ON c.place = p.n %% c.many
"""

_HISTORY = """
INSERT INTO billing_historyentry (
    at, subject_kind, subject_id, customer_id, kind, from_state, to_state, amount_minor, currency, actor_kind,
    actor_ref, actor_name, reason, request_id, facts
)
SELECT created_at, 'payment', id, customer_id, 'state', '', state, amount_minor, currency, 'system',
       'system:demo', 'Countinghouse (demo)', '', '', '{}'
FROM billing_payment WHERE starts_with(gateway_id, 'sbx_pay_BULK')
"""
