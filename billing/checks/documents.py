# ruff: noqa: S608 (the SQL is put together from parts written in this file)
"""Invoices, payments, refunds: their sums against each other."""

from billing.checks.check import sql_check

HELD = "'pending_approval', 'approved', 'submitting', 'pending', 'requires_action', 'succeeded'"

CHECKS = (
    sql_check(
        "refunds_within_payment",
        "payments: no refund of ours beyond what was captured",
        of="billing_payment",
        offenders=f"""
            WITH parts AS (
                SELECT payment_id, amount_minor AS minor, origin = 'desk' AS ours, created_at
                FROM billing_refund WHERE state IN ({HELD})
                UNION ALL
                SELECT payment_id, withdrawn_minor, false, created_at FROM billing_dispute
                WHERE withdrawn_minor > 0
            ), sums AS (
                SELECT payment_id, sum(minor) AS minor, max(created_at) FILTER (WHERE ours) AS ours_last,
                       max(created_at) FILTER (WHERE NOT ours) AS theirs_last
                FROM parts GROUP BY 1
            )
            SELECT y.reference FROM sums s JOIN billing_payment y ON y.id = s.payment_id
            WHERE s.minor > y.captured_minor AND s.ours_last IS NOT NULL
              AND (s.theirs_last IS NULL OR s.ours_last > s.theirs_last)""",
    ),
    sql_check(
        "refunds_match_their_payment",
        "refunds: customer and currency are those of the payment",
        of="billing_refund",
        offenders="""
            SELECT f.reference FROM billing_refund f JOIN billing_payment y ON y.id = f.payment_id
            WHERE f.currency <> y.currency OR f.customer_id <> y.customer_id""",
    ),
    sql_check(
        "allocations_within_payment",
        "allocations: no more than the payment brought, in its currency, for its customer",
        of="billing_paymentallocation",
        offenders="""
            SELECT y.reference FROM billing_payment y
            JOIN (SELECT payment_id, sum(amount_minor) AS minor FROM billing_paymentallocation GROUP BY 1) a
                ON a.payment_id = y.id
            WHERE a.minor > y.captured_minor
            UNION ALL
            SELECT y.reference FROM billing_paymentallocation a JOIN billing_payment y ON y.id = a.payment_id
            JOIN billing_invoice i ON i.id = a.invoice_id
            WHERE i.currency <> y.currency OR i.customer_id <> y.customer_id""",
    ),
    sql_check(
        "allocations_within_invoice",
        "invoices: paid no further than their total",
        of="billing_invoice",
        offenders="""
            SELECT i.reference FROM billing_invoice i
            JOIN (SELECT a.invoice_id, sum(a.amount_minor) AS minor FROM billing_paymentallocation a
                  JOIN billing_payment y ON y.id = a.payment_id AND y.state = 'succeeded' GROUP BY 1) a
                ON a.invoice_id = i.id
            WHERE a.minor > i.total_minor""",
    ),
    sql_check(
        "paid_invoices_are_covered",
        "paid invoices of ours: payments and credit notes cover the total",
        of="billing_invoice WHERE state = 'paid' AND gateway = ''",
        offenders="""
            SELECT i.number FROM billing_invoice i
            LEFT JOIN (SELECT a.invoice_id, sum(a.amount_minor) AS minor FROM billing_paymentallocation a
                  JOIN billing_payment y ON y.id = a.payment_id AND y.state = 'succeeded' GROUP BY 1) a
                ON a.invoice_id = i.id
            LEFT JOIN (SELECT invoice_id, sum(total_minor - on_paid_minor) AS minor FROM billing_creditnote
                  WHERE voided_at IS NULL GROUP BY 1) c ON c.invoice_id = i.id
            WHERE i.state = 'paid' AND i.gateway = ''
              AND i.total_minor > coalesce(a.minor, 0) + coalesce(c.minor, 0)""",
    ),
    sql_check(
        "invoice_totals",
        "invoices: net, tax and total are the sums of the lines",
        of="billing_invoice WHERE gateway = ''",
        offenders="""
            SELECT i.reference FROM billing_invoice i
            LEFT JOIN (SELECT invoice_id, sum(net_minor) AS net, sum(tax_minor) AS tax
                       FROM billing_invoiceline GROUP BY 1) l ON l.invoice_id = i.id
            WHERE i.gateway = '' AND (i.net_minor <> coalesce(l.net, 0) OR i.tax_minor <> coalesce(l.tax, 0)
               OR i.total_minor <> i.net_minor + i.tax_minor)""",
    ),
    sql_check(
        "credits_within_invoice",
        "credit notes: together no more than their invoice",
        of="billing_creditnote",
        offenders="""
            SELECT i.reference FROM billing_invoice i
            JOIN (SELECT invoice_id, sum(total_minor) AS minor FROM billing_creditnote
                  WHERE voided_at IS NULL GROUP BY 1) c ON c.invoice_id = i.id
            WHERE c.minor > i.total_minor""",
    ),
    sql_check(
        "numbers_have_no_gap",
        "numbered documents: no gap, no double, in the order of their dates",
        of="(SELECT number FROM billing_invoice WHERE number IS NOT NULL UNION ALL "
        "SELECT number FROM billing_creditnote WHERE number IS NOT NULL) n",
        offenders=r"""
            WITH numbered AS (
                SELECT number, finalised_at AS at FROM billing_invoice WHERE number IS NOT NULL
                UNION ALL SELECT number, issued_at FROM billing_creditnote WHERE number IS NOT NULL
            ), parts AS (
                SELECT number, at, regexp_replace(number, '[0-9]+$', '') AS prefix,
                       substring(number FROM '[0-9]+$')::bigint AS n FROM numbered
            ), placed AS (
                SELECT *, row_number() OVER w AS place, lag(at) OVER w AS before FROM parts
                WINDOW w AS (PARTITION BY prefix ORDER BY n)
            )
            (SELECT number FROM placed WHERE n <> place OR at < before ORDER BY prefix, n)
            UNION ALL
            (SELECT s.prefix || ': next is ' || s.next_number FROM billing_numberseries s
             LEFT JOIN (SELECT prefix, max(n) AS n FROM parts GROUP BY 1) p ON p.prefix = s.prefix
             WHERE s.next_number <> coalesce(p.n, 0) + 1)""",
    ),
    sql_check(
        "identities_are_complete",
        "customers: each has an identity and the key of its hashes",
        of="billing_customer",
        offenders="""
            SELECT c.reference FROM billing_customer c
            LEFT JOIN billing_identity i ON i.customer_id = c.id
            LEFT JOIN billing_identitykey k ON k.customer_id = c.id
            WHERE i.customer_id IS NULL OR k.customer_id IS NULL OR length(k.key) < 32""",
    ),
    sql_check(
        "sandbox_agrees",
        "refunds at the sandbox: amount, currency, payment and state are the sandbox's own",
        of="billing_refund WHERE gateway = 'sandbox' AND gateway_id > ''",
        offenders="""
            SELECT f.reference FROM billing_refund f JOIN billing_payment y ON y.id = f.payment_id
            LEFT JOIN billing_sandboxobject s ON s.id = f.gateway_id AND s.kind = 'refund'
            WHERE f.gateway = 'sandbox' AND f.gateway_id > '' AND (s.id IS NULL
               OR (s.body ->> 'amount_minor')::bigint <> f.amount_minor OR s.body ->> 'currency' <> f.currency
               OR s.parent_id <> y.gateway_id
               OR (s.body ->> 'state' <> f.state AND NOT s.body ? 'later'
                   AND NOT EXISTS (SELECT 1 FROM billing_sandboxevent e WHERE e.delivered_at IS NULL
                                   AND e.body #>> '{data,object,id}' = s.id)))""",
    ),
)
