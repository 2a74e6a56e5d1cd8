"""Checkouts and what they sold, payouts and what was posted for them."""

from billing.checks.check import sql_check

OURS = "billing_checkoutsession WHERE package_price_id IS NOT NULL"
PLANS = "billing_checkoutsession WHERE price_id IS NOT NULL"

CHECKS = (
    sql_check(
        "purchases_are_given_once",
        "paid purchases: each has one payment that succeeded, one invoice of what was paid, and one grant",
        of=f"{OURS} AND fulfilled_at IS NOT NULL",
        offenders="""
            SELECT s.reference || ': ' || coalesce(p.state, 'no payment') || ', ' || count(l.id) || ' grants'
            FROM billing_checkoutsession s
            JOIN billing_packageprice r ON r.id = s.package_price_id
            JOIN billing_tokenpackage k ON k.id = r.package_id
            LEFT JOIN billing_payment p ON p.id = s.payment_id
            LEFT JOIN billing_invoice i ON i.id = s.invoice_id
            LEFT JOIN billing_creditaccount a ON a.customer_id = s.customer_id AND a.unit = k.unit
            LEFT JOIN billing_creditlot l ON l.account_id = a.id AND l.cause = s.reference
            WHERE s.fulfilled_at IS NOT NULL
            GROUP BY s.id, p.id, i.id, r.id
            HAVING count(l.id) <> 1 OR max(l.amount) <> r.units * s.quantity
               OR p.state IS NULL OR p.state NOT IN ('succeeded', 'reversed')
               OR p.currency <> s.currency OR p.captured_minor <> s.amount_minor
               OR i.id IS NULL OR i.total_minor <> s.amount_minor OR i.customer_id <> s.customer_id""",
    ),
    sql_check(
        "payments_buy_once",
        "checkouts: no payment pays for two of them",
        of="billing_checkoutsession WHERE key IS NOT NULL",
        offenders="""
            SELECT p.reference || ': ' || string_agg(s.reference, ', ' ORDER BY s.reference)
            FROM billing_checkoutsession s JOIN billing_payment p ON p.id = s.payment_id
            WHERE s.key IS NOT NULL GROUP BY p.reference HAVING count(*) > 1""",
    ),
    sql_check(
        "plans_begin_once",
        "paid checkouts of a plan: each has one payment that succeeded, one invoice of what was paid for its "
        "price, and one subscription that it started",
        of=f"{PLANS} AND fulfilled_at IS NOT NULL",
        offenders="""
            SELECT s.reference || ': ' || coalesce(p.state, 'no payment') || ', ' || count(c.id) || ' started'
            FROM billing_checkoutsession s
            LEFT JOIN billing_payment p ON p.id = s.payment_id
            LEFT JOIN billing_invoice i ON i.id = s.invoice_id
            LEFT JOIN billing_subscription b ON b.id = s.subscription_id
            LEFT JOIN billing_subscriptionchange c ON c.key = 'checkout:' || s.reference
                AND c.kind = 'start' AND c.subscription_id = s.subscription_id
            WHERE s.price_id IS NOT NULL AND s.fulfilled_at IS NOT NULL
            GROUP BY s.id, p.id, i.id, b.id
            HAVING count(c.id) <> 1
               OR p.state IS NULL OR p.state NOT IN ('succeeded', 'reversed')
               OR p.currency <> s.currency OR p.captured_minor <> s.amount_minor
               OR i.id IS NULL OR i.total_minor <> s.amount_minor OR i.customer_id <> s.customer_id
               OR i.subscription_id IS DISTINCT FROM s.subscription_id
               OR b.id IS NULL OR b.customer_id <> s.customer_id
               OR NOT EXISTS (SELECT FROM billing_invoiceline l
                              WHERE l.invoice_id = i.id AND l.price_id = s.price_id)""",
    ),
    sql_check(
        "unpaid_plans_begin_nothing",
        "checkouts of a plan that brought none: none has an invoice or a subscription, and only one that was "
        "paid was kept",
        of=f"{PLANS} AND fulfilled_at IS NULL",
        offenders="""
            SELECT s.reference || ': ' || s.state || ', ' || coalesce(p.state, 'no payment')
            FROM billing_checkoutsession s LEFT JOIN billing_payment p ON p.id = s.payment_id
            WHERE s.price_id IS NOT NULL AND s.fulfilled_at IS NULL AND (
                s.invoice_id IS NOT NULL OR s.subscription_id IS NOT NULL
                OR s.state IN ('expired', 'failed') AND p.state IN ('succeeded', 'reversed')
                OR s.kept_at IS NOT NULL AND p.state NOT IN ('succeeded', 'reversed')
                OR EXISTS (SELECT FROM billing_subscriptionchange c
                           WHERE c.key = 'checkout:' || s.reference))""",
    ),
    sql_check(
        "unpaid_purchases_give_nothing",
        "purchases that nobody paid: none has an invoice, units or money",
        of=f"{OURS} AND fulfilled_at IS NULL",
        offenders="""
            SELECT s.reference || ': ' || s.state || ', ' || coalesce(p.state, 'no payment')
            FROM billing_checkoutsession s LEFT JOIN billing_payment p ON p.id = s.payment_id
            WHERE s.package_price_id IS NOT NULL AND s.fulfilled_at IS NULL AND (
                s.invoice_id IS NOT NULL
                OR s.state IN ('expired', 'failed') AND p.state IN ('succeeded', 'reversed')
                OR EXISTS (SELECT FROM billing_creditlot l JOIN billing_creditaccount a ON a.id = l.account_id
                           WHERE a.customer_id = s.customer_id AND l.cause = s.reference))""",
    ),
    sql_check(
        "grants_are_of_a_purchase",
        "units that were sold: each grant is of a purchase that was paid",
        of="billing_creditlot WHERE cause LIKE 'CHK-%'",
        offenders="""
            SELECT 'lot ' || l.id || ' of ' || l.cause FROM billing_creditlot l
            JOIN billing_creditaccount a ON a.id = l.account_id
            LEFT JOIN billing_checkoutsession s ON s.reference = l.cause AND s.fulfilled_at IS NOT NULL
                AND s.customer_id = a.customer_id
            WHERE l.cause LIKE 'CHK-%' AND s.id IS NULL""",
    ),
    sql_check(
        "payouts_are_posted",
        "payouts: what has arrived is posted once with its amount, and nothing else is",
        of="billing_posting WHERE fact LIKE 'payout.%'",
        offenders="""
            WITH booked AS (
                SELECT p.subject_id, l.currency, sum(l.amount_minor) AS minor
                FROM billing_posting p JOIN billing_postingline l ON l.posting_id = p.id
                WHERE p.subject_kind = 'payout' AND l.account = 'gateway_clearing' GROUP BY 1, 2
            )
            SELECT y.reference || ': ' || y.state || ' of ' || y.amount_minor || ', posted '
                || coalesce(-b.minor, 0)
            FROM billing_payout y
            LEFT JOIN booked b ON b.subject_id = y.id AND b.currency = y.currency
            WHERE coalesce(-b.minor, 0)
                <> CASE WHEN y.state = 'paid' THEN y.amount_minor ELSE 0 END""",
    ),
)
