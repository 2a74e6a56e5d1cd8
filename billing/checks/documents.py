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
        "paid invoices of ours: payments, store credit and credit notes cover the total",
        of="billing_invoice WHERE state = 'paid' AND gateway = ''",
        offenders="""
            SELECT i.number FROM billing_invoice i
            LEFT JOIN (SELECT a.invoice_id, sum(a.amount_minor) AS minor FROM billing_paymentallocation a
                  JOIN billing_payment y ON y.id = a.payment_id AND y.state = 'succeeded' GROUP BY 1) a
                ON a.invoice_id = i.id
            LEFT JOIN (SELECT invoice_id, sum(total_minor - on_paid_minor) AS minor FROM billing_creditnote
                  WHERE voided_at IS NULL GROUP BY 1) c ON c.invoice_id = i.id
            LEFT JOIN (SELECT p.subject_id, -sum(l.amount_minor) AS minor FROM billing_posting p
                  JOIN billing_postingline l ON l.posting_id = p.id AND l.account = 'receivable'
                  WHERE p.subject_kind = 'invoice' AND p.fact LIKE 'store_credit.used%' GROUP BY 1) s
                ON s.subject_id = i.id
            WHERE i.state = 'paid' AND i.gateway = ''
              AND i.total_minor > coalesce(a.minor, 0) + coalesce(c.minor, 0) + coalesce(s.minor, 0)""",
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
        "credited_tax_within_rate",
        "credit notes: net and tax of each rate no more than the invoice has of it",
        of="billing_creditnoteline",
        offenders="""
            WITH issued AS (
                SELECT invoice_id, tax_rate, sum(net_minor) AS net, sum(tax_minor) AS tax
                FROM billing_invoiceline GROUP BY 1, 2
            ), credited AS (
                SELECT c.invoice_id, l.tax_rate, sum(l.net_minor) AS net, sum(l.tax_minor) AS tax
                FROM billing_creditnoteline l JOIN billing_creditnote c ON c.id = l.credit_note_id
                WHERE c.voided_at IS NULL GROUP BY 1, 2
            )
            SELECT i.reference || ': at ' || coalesce(c.tax_rate::text, 'no rate') || ' credited ' || c.net
                || ' and ' || c.tax || ' of tax'
            FROM credited c JOIN billing_invoice i ON i.id = c.invoice_id
            LEFT JOIN issued t ON t.invoice_id = c.invoice_id AND t.tax_rate IS NOT DISTINCT FROM c.tax_rate
            WHERE c.net > coalesce(t.net, 0) OR c.tax > coalesce(t.tax, 0)""",
    ),
    sql_check(
        "credit_notes_are_their_lines",
        "credit notes with lines: net and tax are the sums of the lines",
        of="billing_creditnoteline",
        offenders="""
            SELECT c.reference FROM billing_creditnote c
            JOIN billing_creditnoteline l ON l.credit_note_id = c.id
            GROUP BY c.id HAVING sum(l.net_minor) <> c.net_minor OR sum(l.tax_minor) <> c.tax_minor""",
    ),
    sql_check(
        "refunds_within_their_note",
        "credit notes of ours: no more goes back for one than it credited of what was paid",
        of="billing_refund WHERE credit_note_id IS NOT NULL",
        offenders=f"""
            SELECT c.reference FROM billing_creditnote c
            JOIN (SELECT credit_note_id, sum(amount_minor) AS minor FROM billing_refund
                  WHERE state IN ({HELD}) GROUP BY 1) f ON f.credit_note_id = c.id
            WHERE f.minor > c.on_paid_minor
            UNION ALL
            SELECT f.reference FROM billing_refund f JOIN billing_creditnote c ON c.id = f.credit_note_id
            WHERE f.invoice_id IS DISTINCT FROM c.invoice_id OR f.customer_id <> c.customer_id""",
    ),
    sql_check(
        "invoices_give_back_what_was_paid",
        "invoices of ours: credit notes give back no more than was paid",
        of="billing_creditnote WHERE gateway = '' AND on_paid_minor > 0",
        offenders="""
            SELECT i.reference FROM billing_invoice i
            JOIN (SELECT invoice_id, sum(on_paid_minor) AS minor FROM billing_creditnote
                  WHERE voided_at IS NULL AND gateway = '' GROUP BY 1) c ON c.invoice_id = i.id
            LEFT JOIN (SELECT a.invoice_id, sum(a.amount_minor) AS minor FROM billing_paymentallocation a
                  JOIN billing_payment y ON y.id = a.payment_id AND y.state IN ('succeeded', 'reversed')
                  GROUP BY 1) a ON a.invoice_id = i.id
            LEFT JOIN (SELECT p.subject_id, -sum(l.amount_minor) AS minor FROM billing_posting p
                  JOIN billing_postingline l ON l.posting_id = p.id AND l.account = 'receivable'
                  WHERE p.subject_kind = 'invoice' AND p.fact LIKE 'store_credit.used%' GROUP BY 1) b
                ON b.subject_id = i.id
            WHERE c.minor > coalesce(a.minor, 0) + coalesce(b.minor, 0)""",
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
        "refunds at the sandbox: amount, currency, payment and state are its own, or a message waits",
        of="billing_refund WHERE gateway = 'sandbox' AND gateway_id > ''",
        offenders="""
            SELECT f.reference FROM billing_refund f JOIN billing_payment y ON y.id = f.payment_id
            LEFT JOIN billing_sandboxobject s ON s.id = f.gateway_id AND s.kind = 'refund'
            WHERE f.gateway = 'sandbox' AND f.gateway_id > '' AND (s.id IS NULL
               OR (s.body ->> 'amount_minor')::bigint <> f.amount_minor OR s.body ->> 'currency' <> f.currency
               OR s.parent_id <> y.gateway_id
               OR (s.body ->> 'state' <> f.state AND NOT s.body ? 'later'
                   AND NOT EXISTS (SELECT 1 FROM billing_sandboxevent e WHERE e.delivered_at IS NULL
                                   AND e.body #>> '{data,object,id}' = s.id)
                   AND NOT EXISTS (SELECT 1 FROM billing_webhookevent w WHERE w.object_id = s.id
                                   AND w.source = 'sandbox'
                                   AND w.state IN ('received', 'processing', 'failed', 'dead'))))""",
    ),
)
