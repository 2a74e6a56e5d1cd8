"""What is summed by day: tables that only grow, and how a row of theirs counts.

What a row counts for may also depend on the row that it is about, but only on columns of that row which never
change once written (when a payment was made, which payment a refund is of), or on older rows of the same
table. Then a day's total is the same whenever it is summed.
"""

from dataclasses import dataclass

__all__ = [
    "CASH", "DISPUTES", "PAYMENTS", "POSTING_LINES", "REFUNDS_OF_CAPTURED", "SOURCES", "STATE_CHANGES",
    "TRIES", "Source",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """SQL for one row of ``table``: which measure it counts for, on which day, in which currency.

    The table has a column ``xid``, the transaction that wrote the row, and an index on it.
    ``table`` may be a query over such a table; ``count`` is 1, or a sign where a row takes back another.
    ``measures`` is a LIKE pattern of all the measures that the source makes.
    """

    name: str
    table: str
    measures: str
    measure: str
    day: str
    currency: str
    amount: str
    where: str = "true"
    count: str = "1"


POSTING_LINES = Source(
    name="posting_lines",
    table="billing_postingline",
    measures="account.%",
    measure="'account.' || r.account",
    day="r.day",
    currency="r.currency",
    amount="r.amount_minor",
)

STATE_CHANGES = Source(
    name="state_changes",
    table="billing_historyentry",
    measures="state.%",
    measure="'state.' || r.subject_kind || '.' || r.to_state",
    day="(r.at AT TIME ZONE 'UTC')::date",
    currency="r.currency",
    amount="coalesce(r.amount_minor, 0)",
    where="r.kind = 'state'",
)

CASH = Source(
    name="cash",
    # What payments brought and refunds took, on the day that the books have it, less what was taken back.
    table="""(
        SELECT l.xid, l.day, l.currency, l.amount_minor, split_part(p.fact, '.', 1) AS kind
        FROM billing_postingline l JOIN billing_posting p ON p.id = l.posting_id
        WHERE l.account IN ('gateway_clearing', 'bank')
            AND split_part(p.fact, '.', 1) IN ('payment', 'refund')
    )""",
    measures="cash.%",
    measure="'cash.' || r.kind",
    day="r.day",
    currency="r.currency",
    amount="r.amount_minor",
    count="CASE WHEN (r.amount_minor > 0) = (r.kind = 'payment') THEN 1 ELSE -1 END",
)

REFUNDS_OF_CAPTURED = Source(
    name="refunds_of_captured",
    # Refunds that succeeded, less those that failed afterwards, on the day their payment was captured.
    table="""(
        SELECT l.xid, l.currency, -l.amount_minor AS amount_minor, coalesce(
            (SELECT c.effective_on FROM billing_posting c
             WHERE c.subject_kind = 'payment' AND c.subject_id = f.payment_id AND c.fact IN (
                 'payment.succeeded', 'payment.out_of_band', 'payment.after_write_off')
             ORDER BY c.id LIMIT 1), (m.created_at AT TIME ZONE 'UTC')::date) AS day
        FROM billing_postingline l JOIN billing_posting p ON p.id = l.posting_id
        JOIN billing_posting o ON o.id = coalesce(p.reverses_id, p.id) AND o.subject_kind = 'refund'
        JOIN billing_refund f ON f.id = o.subject_id
        JOIN billing_payment m ON m.id = f.payment_id
        WHERE l.account IN ('gateway_clearing', 'bank') AND split_part(p.fact, '.', 1) = 'refund'
    )""",
    measures="refunds.%",
    measure="'refunds.of_captured'",
    day="r.day",
    currency="r.currency",
    amount="r.amount_minor",
    count="sign(r.amount_minor)",
)

PAYMENTS = Source(
    name="payments",
    # Each payment counts in the state it is in, on the day it was made: a move leaves one state for another.
    table="""(
        SELECT h.xid, m.created_at, m.currency, s.state, s.sign
        FROM billing_historyentry h JOIN billing_payment m ON m.id = h.subject_id
        CROSS JOIN LATERAL (VALUES (h.to_state, 1), (h.from_state, -1)) s(state, sign)
        WHERE h.subject_kind = 'payment' AND h.kind IN ('state', 'created') AND s.state <> ''
    )""",
    measures="payments.%",
    measure="'payments.' || r.state",
    day="(r.created_at AT TIME ZONE 'UTC')::date",
    currency="r.currency",
    amount="0",
    count="r.sign",
)

TRIES = Source(
    name="tries",
    # Payments at their first decline, and those of them that went through after it.
    table="""(
        SELECT h.xid, m.created_at, m.currency, t.what, t.sign
        FROM billing_historyentry h JOIN billing_payment m ON m.id = h.subject_id
        CROSS JOIN LATERAL (SELECT EXISTS (
            SELECT FROM billing_historyentry b
            WHERE b.subject_kind = 'payment' AND b.subject_id = h.subject_id AND b.to_state = 'failed'
                AND b.kind IN ('state', 'created') AND b.id < h.id) AS declined) before
        CROSS JOIN LATERAL (VALUES
            ('declined', CASE WHEN h.to_state = 'failed' AND NOT before.declined THEN 1 END),
            ('recovered', CASE WHEN before.declined AND h.to_state = 'succeeded' THEN 1
                               WHEN before.declined AND h.from_state = 'succeeded' THEN -1 END)
        ) t(what, sign)
        WHERE h.subject_kind = 'payment' AND h.kind IN ('state', 'created') AND t.sign IS NOT NULL
    )""",
    measures="tries.%",
    measure="'tries.' || r.what",
    day="(r.created_at AT TIME ZONE 'UTC')::date",
    currency="r.currency",
    amount="0",
    count="r.sign",
)

DISPUTES = Source(
    name="disputes",
    # Disputes, or warnings at the moment they become one, on the day their payment was made.
    table="""(
        SELECT h.xid, m.created_at, d.currency
        FROM billing_historyentry h JOIN billing_dispute d ON d.id = h.subject_id
        JOIN billing_payment m ON m.id = d.payment_id
        WHERE h.subject_kind = 'dispute' AND h.kind IN ('state', 'created')
            AND h.from_state IN ('', 'warning', 'warning_closed')
            AND h.to_state NOT IN ('', 'warning', 'warning_closed')
    )""",
    measures="disputes.%",
    measure="'disputes.opened'",
    day="(r.created_at AT TIME ZONE 'UTC')::date",
    currency="r.currency",
    amount="0",
)

SOURCES = (POSTING_LINES, STATE_CHANGES, CASH, REFUNDS_OF_CAPTURED, PAYMENTS, TRIES, DISPUTES)
