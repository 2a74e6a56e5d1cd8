# ruff: noqa: S608 (the SQL is put together from parts written in this file)
"""Credit accounts against their ledger and lots, and store credit against the money ledger."""

from billing.checks.check import sql_check

WHOSE = """
    SELECT a.id, rtrim(c.reference || ' ' || a.unit || ' ' || a.currency) AS name
    FROM billing_creditaccount a JOIN billing_customer c ON c.id = a.customer_id
"""

CHECKS = (
    sql_check(
        "credit_balances",
        "credit accounts: the balance is the sum of the ledger and of the lots",
        of="billing_creditaccount",
        offenders=f"""
            SELECT w.name || ': balance ' || a.balance || ', ledger ' || coalesce(e.minor, 0) || ', lots '
                || coalesce(l.minor, 0)
            FROM billing_creditaccount a JOIN ({WHOSE}) w ON w.id = a.id
            LEFT JOIN (SELECT account_id, sum(amount) AS minor FROM billing_creditentry GROUP BY 1) e
                ON e.account_id = a.id
            LEFT JOIN (SELECT account_id, sum(remainder) AS minor FROM billing_creditlot GROUP BY 1) l
                ON l.account_id = a.id
            WHERE a.balance <> coalesce(e.minor, 0) OR a.balance <> coalesce(l.minor, 0)""",
    ),
    sql_check(
        "credit_entries_tell_the_balance",
        "credit entries: each tells the balance that it leaves",
        of="billing_creditentry",
        offenders=f"""
            SELECT w.name || ': entry ' || r.id || ' tells ' || r.balance_after || ', it is ' || r.running
            FROM (SELECT id, account_id, balance_after,
                    sum(amount) OVER (PARTITION BY account_id ORDER BY id) AS running
                FROM billing_creditentry) r JOIN ({WHOSE}) w ON w.id = r.account_id
            WHERE r.balance_after <> r.running""",
    ),
    sql_check(
        "credit_lots_are_their_parts",
        "credit lots: the remainder is what entries gave and took, and within bounds",
        of="billing_creditlot",
        offenders=f"""
            SELECT w.name || ': lot ' || l.id || ' holds ' || l.remainder || ', its parts '
                || coalesce(p.minor, 0)
            FROM billing_creditlot l JOIN ({WHOSE}) w ON w.id = l.account_id
            LEFT JOIN (SELECT lot_id, sum(amount) AS minor FROM billing_creditentrylot GROUP BY 1) p
                ON p.lot_id = l.id
            WHERE l.remainder <> coalesce(p.minor, 0)
               OR (l.source <> 'debt' AND l.remainder NOT BETWEEN 0 AND l.amount)
               OR (l.source = 'debt' AND l.remainder > 0)""",
    ),
    sql_check(
        "credit_entries_are_their_parts",
        "credit entries: the amount is what the lots gave and took",
        of="billing_creditentrylot",
        offenders="""
            SELECT 'entry ' || e.id || ': ' || e.amount || ', its parts ' || coalesce(sum(p.amount), 0)
            FROM billing_creditentry e LEFT JOIN billing_creditentrylot p ON p.entry_id = e.id
            GROUP BY e.id HAVING count(p.id) = 0 OR sum(p.amount) <> e.amount""",
    ),
    sql_check(
        "credits_are_granted_once",
        "grants of subscriptions: one for each period, kind and cause",
        of="billing_creditlot WHERE subscription_id IS NOT NULL",
        offenders="""
            SELECT s.reference || ' ' || l.grant_period || ' ' || l.kind || ' ' || l.cause
            FROM billing_creditlot l JOIN billing_subscription s ON s.id = l.subscription_id
            GROUP BY s.reference, l.grant_period, l.kind, l.cause HAVING count(*) > 1""",
    ),
    sql_check(
        "clawbacks_within_their_grant",
        "clawbacks: no more of a grant than was granted",
        of="billing_creditentry WHERE movement = 'clawback'",
        offenders="""
            SELECT 'lot ' || l.id || ': granted ' || l.amount || ', clawed back ' || -sum(e.amount)
            FROM billing_creditentry e JOIN billing_creditlot l ON l.id = e.about_id
            GROUP BY l.id HAVING -sum(e.amount) > l.amount""",
    ),
    sql_check(
        "store_credit_is_the_customer_balance",
        "customers and currencies: money lots hold what the ledger owes the customer",
        of="billing_creditaccount WHERE unit = 'money'",
        offenders="""
            WITH booked AS (
                SELECT customer_id, currency, -sum(amount_minor) AS minor FROM billing_postingline
                WHERE account = 'customer_balance' GROUP BY 1, 2
            ), held AS (
                SELECT a.customer_id, a.currency, sum(l.remainder) AS minor
                FROM billing_creditaccount a JOIN billing_creditlot l ON l.account_id = a.id
                WHERE a.unit = 'money' GROUP BY 1, 2
            )
            SELECT coalesce(c.reference, 'no customer') || ' ' || coalesce(b.currency, h.currency)
                || ': booked ' || coalesce(b.minor, 0) || ', in lots ' || coalesce(h.minor, 0)
            FROM booked b FULL JOIN held h ON h.customer_id = b.customer_id AND h.currency = b.currency
            LEFT JOIN billing_customer c ON c.id = coalesce(b.customer_id, h.customer_id)
            WHERE coalesce(b.minor, 0) <> coalesce(h.minor, 0)""",
    ),
)
