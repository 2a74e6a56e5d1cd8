# ruff: noqa: S608 (the SQL is put together from parts written in this file)
"""The ledger in itself, and against what it tells of."""

from billing.checks.check import sql_check

#: what a kind of subject moved on some accounts, by facts whose names begin alike
MOVED = """
    SELECT p.subject_id, sum(l.amount_minor) AS minor, count(DISTINCT p.id) AS postings
    FROM billing_posting p JOIN billing_postingline l ON l.posting_id = p.id
    WHERE p.subject_kind = '{kind}' AND ({facts}) AND l.account IN ({accounts})
    GROUP BY p.subject_id
"""
MONEY = "'gateway_clearing', 'bank'"


def moved(kind: str, facts: str, accounts: str) -> str:
    return MOVED.format(kind=kind, facts=facts, accounts=accounts)


ISSUED = "p.fact IN ('invoice.finalised', 'invoice.credited')"
REFUND_MONEY = moved("refund", "p.fact LIKE 'refund.%'", MONEY)
REFUND_TRANSIT = moved("refund", "p.fact LIKE 'refund.%'", "'refunds_in_transit'")

CHECKS = (
    sql_check(
        "postings_balance",
        "postings: each sums to zero in each currency",
        of="billing_posting",
        offenders="""
            SELECT min(p.cause) FROM billing_postingline l JOIN billing_posting p ON p.id = l.posting_id
            GROUP BY l.posting_id, l.currency HAVING sum(l.amount_minor) <> 0""",
    ),
    sql_check(
        "postings_have_lines",
        "postings: each has lines",
        of="billing_posting",
        offenders="""
            SELECT p.cause FROM billing_posting p
            WHERE NOT EXISTS (SELECT 1 FROM billing_postingline l WHERE l.posting_id = p.id)""",
    ),
    sql_check(
        "causes_are_unique",
        "postings: no fact is posted twice",
        of="billing_posting",
        offenders="SELECT cause FROM billing_posting GROUP BY cause HAVING count(*) > 1",
    ),
    sql_check(
        "lines_follow_their_posting",
        "posting lines: day and customer are those of their posting",
        of="billing_postingline",
        offenders="""
            SELECT p.cause FROM billing_postingline l JOIN billing_posting p ON p.id = l.posting_id
            WHERE l.day <> p.effective_on OR l.customer_id IS DISTINCT FROM p.customer_id""",
    ),
    sql_check(
        "payments_are_posted",
        "payments: what came in stands in the ledger, and nothing else does",
        of="billing_payment",
        offenders=f"""
            SELECT y.reference FROM billing_payment y
            LEFT JOIN ({moved("payment", "p.fact LIKE 'payment.%'", MONEY)}) m ON m.subject_id = y.id
            WHERE coalesce(m.minor, 0) <> CASE WHEN y.state = 'succeeded' THEN y.captured_minor ELSE 0 END""",
    ),
    sql_check(
        "invoices_are_posted",
        "issued invoices: each is posted once, with its total and its tax",
        of="billing_invoice WHERE state <> 'draft'",
        offenders=f"""
            SELECT i.reference FROM billing_invoice i
            LEFT JOIN ({moved("invoice", "p.fact = 'invoice.finalised'", "'receivable'")}) r
                ON r.subject_id = i.id
            LEFT JOIN ({moved("invoice", "p.fact = 'invoice.credited'", "'customer_balance'")}) g
                ON g.subject_id = i.id
            LEFT JOIN ({moved("invoice", ISSUED, "'tax_payable'")}) t
                ON t.subject_id = i.id
            LEFT JOIN ({moved("invoice", "p.fact LIKE 'invoice.%'", "'tax_payable'")}) n
                ON n.subject_id = i.id
            WHERE coalesce(r.minor, 0) <>
                    CASE WHEN i.state = 'draft' THEN 0 ELSE greatest(i.total_minor, 0) END
               OR coalesce(g.minor, 0) <> CASE WHEN i.state <> 'draft' THEN least(i.total_minor, 0) ELSE 0 END
               OR coalesce(t.minor, 0) <> CASE WHEN i.state = 'draft' THEN 0 ELSE -i.tax_minor END
               OR (i.state = 'void' AND coalesce(n.minor, 0) <> 0)
               OR coalesce(r.postings, 0) + coalesce(g.postings, 0) > 1""",
    ),
    sql_check(
        "refunds_are_posted",
        "refunds: what has gone back stands in the ledger, and nothing else does",
        of="billing_refund",
        offenders=f"""
            SELECT f.reference FROM billing_refund f LEFT JOIN ({REFUND_MONEY}) m ON m.subject_id = f.id
            WHERE coalesce(-m.minor, 0) <> CASE WHEN f.state = 'succeeded' THEN f.amount_minor ELSE 0 END""",
    ),
    sql_check(
        "refunds_in_transit",
        "refunds: the money in transit is that of refunds under way",
        of="billing_refund WHERE state IN ('approved', 'submitting', 'pending', 'requires_action')",
        offenders=f"""
            SELECT f.reference FROM billing_refund f LEFT JOIN ({REFUND_TRANSIT}) m ON m.subject_id = f.id
            WHERE coalesce(-m.minor, 0) <> CASE
                WHEN f.state IN ('approved', 'submitting', 'pending', 'requires_action') THEN f.amount_minor
                ELSE 0 END
            UNION ALL
            SELECT 'in transit without a refund: ' || p.cause
            FROM billing_posting p JOIN billing_postingline l ON l.posting_id = p.id
            LEFT JOIN billing_refund f ON p.subject_kind = 'refund' AND f.id = p.subject_id
            WHERE l.account = 'refunds_in_transit' AND f.id IS NULL""",
    ),
    sql_check(
        "disputes_are_posted",
        "disputes: what was withdrawn and not reinstated stands in the ledger",
        of="billing_dispute",
        offenders=f"""
            SELECT d.reference FROM billing_dispute d
            LEFT JOIN ({
            moved(
                "dispute",
                "p.fact LIKE 'dispute.withdrawn%' OR p.fact LIKE 'dispute.reinstated%'",
                "'gateway_clearing'",
            )
        }) m ON m.subject_id = d.id
            WHERE coalesce(-m.minor, 0) <> d.withdrawn_minor""",
    ),
    sql_check(
        "credit_notes_are_posted",
        "credit notes: each is posted with its total and its tax",
        of="billing_creditnote",
        offenders=f"""
            SELECT c.reference FROM billing_creditnote c
            LEFT JOIN ({
            moved("creditnote", "p.fact LIKE 'credit_note.%'", "'receivable', 'customer_balance'")
        }) m ON m.subject_id = c.id
            LEFT JOIN ({moved("creditnote", "p.fact LIKE 'credit_note.%'", "'tax_payable'")}) t
                ON t.subject_id = c.id
            WHERE coalesce(-m.minor, 0) <> CASE WHEN c.voided_at IS NULL THEN c.total_minor ELSE 0 END
               OR coalesce(t.minor, 0) <> CASE WHEN c.voided_at IS NULL THEN c.tax_minor ELSE 0 END""",
    ),
    sql_check(
        "receivable_is_owed",
        "customers and currencies: the receivable is what their open invoices still owe",
        of="(SELECT DISTINCT customer_id, currency FROM billing_invoice) i",
        offenders="""
            WITH owed AS (
                SELECT i.customer_id, i.currency, sum(i.total_minor
                    - coalesce((SELECT sum(a.amount_minor) FROM billing_paymentallocation a
                        JOIN billing_payment y ON y.id = a.payment_id
                        WHERE a.invoice_id = i.id AND y.state = 'succeeded'), 0)
                    - coalesce((SELECT sum(c.total_minor - c.on_paid_minor) FROM billing_creditnote c
                        WHERE c.invoice_id = i.id AND c.voided_at IS NULL), 0)
                    + coalesce((SELECT sum(l.amount_minor) FROM billing_posting p
                        JOIN billing_postingline l ON l.posting_id = p.id
                        WHERE p.subject_kind = 'invoice' AND p.subject_id = i.id
                          AND l.account = 'receivable' AND p.fact NOT LIKE 'invoice.%'), 0)) AS minor
                FROM billing_invoice i WHERE i.state = 'open' GROUP BY 1, 2
            ), booked AS (
                SELECT customer_id, currency, sum(amount_minor) AS minor FROM billing_postingline
                WHERE account = 'receivable' GROUP BY 1, 2
            )
            SELECT coalesce(c.reference, 'no customer') || ' ' || coalesce(o.currency, b.currency)
                || ': booked ' || coalesce(b.minor, 0) || ', owed ' || coalesce(o.minor, 0)
            FROM owed o FULL JOIN booked b ON b.customer_id = o.customer_id AND b.currency = o.currency
            LEFT JOIN billing_customer c ON c.id = coalesce(o.customer_id, b.customer_id)
            WHERE coalesce(o.minor, 0) <> coalesce(b.minor, 0)""",
    ),
    sql_check(
        "customer_balance_is_theirs",
        "customers and currencies: the balance is what is left of their payments and credits",
        of="(SELECT DISTINCT customer_id, currency FROM billing_payment) p",
        # Below zero only by what a balance at a gateway, of which we know the uses alone, has paid.
        offenders="""
            WITH parts AS (
                SELECT customer_id, currency, captured_minor - coalesce((
                    SELECT sum(a.amount_minor) FROM billing_paymentallocation a WHERE a.payment_id = y.id), 0)
                    AS minor
                FROM billing_payment y WHERE state = 'succeeded'
                UNION ALL
                SELECT customer_id, currency, on_paid_minor FROM billing_creditnote WHERE voided_at IS NULL
                UNION ALL
                SELECT customer_id, currency, -total_minor FROM billing_invoice
                WHERE total_minor < 0 AND state NOT IN ('draft', 'void')
                UNION ALL
                SELECT customer_id, currency, -from_balance_minor FROM billing_refund
                WHERE state IN ('approved', 'submitting', 'pending', 'requires_action', 'succeeded')
                UNION ALL
                SELECT l.customer_id, l.currency, -l.amount_minor FROM billing_postingline l
                JOIN billing_posting p ON p.id = l.posting_id
                WHERE l.account = 'customer_balance'
                  AND (p.fact LIKE 'goodwill.%'
                       -- What a payment paid of an invoice later on is counted with its allocations.
                       OR p.fact LIKE 'store_credit.%' AND p.subject_kind <> 'payment'
                       -- A transfer that is a payment of ours is counted with the payments.
                       OR p.fact LIKE 'payment.out_of_band%' AND p.subject_kind <> 'payment')
            ), theirs AS (
                SELECT customer_id, currency, sum(minor) AS minor FROM parts GROUP BY 1, 2
            ), booked AS (
                SELECT customer_id, currency, -sum(amount_minor) AS minor FROM billing_postingline
                WHERE account = 'customer_balance' GROUP BY 1, 2
            ), at_gateway AS (
                SELECT l.customer_id, l.currency, sum(l.amount_minor) AS minor FROM billing_posting p
                JOIN billing_postingline l ON l.posting_id = p.id AND l.account = 'customer_balance'
                JOIN billing_invoice i ON i.id = p.subject_id AND i.gateway > ''
                WHERE p.subject_kind = 'invoice' AND p.fact LIKE 'store_credit.used%' GROUP BY 1, 2
            )
            SELECT coalesce(c.reference, 'no customer') || ' ' || coalesce(t.currency, b.currency)
                || ': booked ' || coalesce(b.minor, 0) || ', theirs ' || coalesce(t.minor, 0)
            FROM theirs t FULL JOIN booked b ON b.customer_id = t.customer_id AND b.currency = t.currency
            LEFT JOIN billing_customer c ON c.id = coalesce(t.customer_id, b.customer_id)
            LEFT JOIN at_gateway g ON g.customer_id = b.customer_id AND g.currency = b.currency
            WHERE coalesce(t.minor, 0) <> coalesce(b.minor, 0)
               OR coalesce(b.minor, 0) + coalesce(g.minor, 0) < 0""",
    ),
)
