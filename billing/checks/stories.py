# ruff: noqa: S608 (the SQL is put together from parts written in this file)
"""History against the rows it tells of, and recurring revenue against what is sold."""

from billing.checks.check import sql_check

KINDS = ("subscription", "invoice", "payment", "refund", "dispute")
#: What tells a state: a move into it, or that the object began in it, here or as a gateway first told of it.
TELLS_A_STATE = "kind IN ('state', 'created', 'start') AND to_state > ''"
SUBJECTS = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, id, reference, state FROM billing_{kind}" for kind in KINDS
)

CHECKS = (
    sql_check(
        "states_are_told",
        "objects with states: the state is the last one in their history",
        of=f"({SUBJECTS}) s",
        offenders=f"""
            WITH last AS (
                SELECT DISTINCT ON (subject_kind, subject_id) subject_kind, subject_id, to_state
                FROM billing_historyentry WHERE {TELLS_A_STATE}
                ORDER BY subject_kind, subject_id, at DESC, id DESC
            )
            SELECT s.reference || ': is ' || s.state || ', told ' || coalesce(last.to_state, 'nothing')
            FROM ({SUBJECTS}) s
            LEFT JOIN last ON last.subject_kind = s.kind AND last.subject_id = s.id
            WHERE last.to_state IS DISTINCT FROM s.state""",
    ),
    sql_check(
        "moves_follow_each_other",
        "changes of state: each goes on from the one before, as its machine lists",
        of="billing_historyentry WHERE kind = 'state'",
        offenders=f"""
            WITH told AS (
                SELECT subject_kind, subject_id, from_state, to_state, lag(to_state) OVER (
                    PARTITION BY subject_kind, subject_id ORDER BY at, id) AS before
                FROM billing_historyentry WHERE {TELLS_A_STATE}
            )
            SELECT t.subject_kind || ' ' || t.subject_id || ': ' || t.from_state || ' → ' || t.to_state
            FROM told t LEFT JOIN billing_allowedtransition m ON m.machine = t.subject_kind
                AND m.from_state = t.from_state AND m.to_state = t.to_state
            WHERE t.from_state <> coalesce(t.before, '') AND t.before IS NOT NULL
               OR t.before IS NOT NULL AND t.from_state > '' AND m.id IS NULL
                  AND t.from_state <> t.to_state""",
    ),
    sql_check(
        "history_names_who",
        "history entries: each names who did it",
        of="billing_historyentry",
        offenders="""
            SELECT 'entry ' || id FROM billing_historyentry
            WHERE actor_name = '' OR actor_ref = '' OR actor_kind NOT IN
                ('person', 'system', 'gateway', 'customer')""",
    ),
    sql_check(
        "mrr_is_its_movements",
        "customers and currencies: MRR from what they have is the sum of its movements",
        of="(SELECT DISTINCT customer_id, currency FROM billing_mrrmovement) m",
        offenders="""
            WITH has AS (
                SELECT s.customer_id, s.currency, sum(round(
                    greatest(0, p.unit_amount_minor * i.quantity - i.discount_minor)::numeric
                    * CASE p.interval_unit WHEN 'day' THEN 365 WHEN 'week' THEN 52 WHEN 'month' THEN 12
                      ELSE 1 END / (12 * p.interval_count))) AS minor
                FROM billing_subscription s JOIN billing_subscriptionitem i ON i.subscription_id = s.id
                JOIN billing_price p ON p.id = i.price_id
                WHERE s.state IN ('active', 'past_due') GROUP BY 1, 2
            ), told AS (
                SELECT customer_id, currency, sum(amount_minor) AS minor FROM billing_mrrmovement
                GROUP BY 1, 2
            )
            SELECT c.reference || ' ' || coalesce(h.currency, t.currency) || ': has ' || coalesce(h.minor, 0)
                || ', told ' || coalesce(t.minor, 0)
            FROM has h FULL JOIN told t ON t.customer_id = h.customer_id AND t.currency = h.currency
            JOIN billing_customer c ON c.id = coalesce(h.customer_id, t.customer_id)
            WHERE coalesce(h.minor, 0) <> coalesce(t.minor, 0)""",
    ),
)
