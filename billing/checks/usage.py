"""Usage counters and bills against their events, and what credits paid against the credit ledger."""

from billing.checks.check import sql_check

#: Usage may be told of for so long after it happened; what ended before then is billed, or somebody must act.
GRACE = "35 days"

COUNTED = """
    SELECT e.customer_id, e.meter_id, s.span, s.starts_at, count(*) AS events, sum(e.quantity) AS total,
        max(e.quantity) AS largest, max(e.at) AS latest_at, sum(e.credits) AS credits,
        count(DISTINCT e.value_digest) FILTER (WHERE e.value_digest <> '') AS different
    FROM billing_usageevent e CROSS JOIN LATERAL (VALUES
        ('day', billing_usage_starts('day', e.counted_at, NULL)),
        ('month', billing_usage_starts('month', e.counted_at, NULL)),
        ('period', e.period_starts_at)) s(span, starts_at)
    WHERE s.starts_at IS NOT NULL GROUP BY 1, 2, 3, 4
"""

CHECKS = (
    sql_check(
        "usage_of_ended_subscriptions",
        "subscriptions of ours that ended: what they used at a price is billed",
        of="billing_subscription WHERE collected_by = 'us' AND state = 'canceled'",
        offenders=f"""
            SELECT DISTINCT s.reference || ' ended on ' || s.ended_at::date || ', and its ' || m.slug
                || ' before is not billed'
            FROM billing_subscription s
            JOIN billing_subscriptionitem i ON i.subscription_id = s.id
            JOIN billing_price p ON p.id = i.price_id
            JOIN (SELECT tier_id, currency, meter_id, min(since) AS since FROM billing_usageprice
                  GROUP BY 1, 2, 3) u ON u.tier_id = p.tier_id AND u.currency = s.currency
            JOIN billing_meter m ON m.id = u.meter_id
            WHERE s.collected_by = 'us' AND s.state = 'canceled' AND s.ended_at < now() - interval '{GRACE}'
                AND EXISTS (
                    SELECT FROM billing_usageevent e WHERE e.customer_id = s.customer_id
                        AND e.meter_id = u.meter_id AND e.counted_at < s.ended_at
                        AND e.counted_at >= greatest(s.created_at, u.since,
                            CASE WHEN s.trial_ends_at < s.ended_at THEN s.trial_ends_at
                                WHEN s.trial_ends_at IS NOT NULL THEN s.ended_at END)
                        AND NOT EXISTS (
                            SELECT FROM billing_usagebilled b WHERE b.customer_id = e.customer_id
                                AND b.meter_id = e.meter_id AND e.counted_at >= b.starts_at
                                AND e.counted_at < b.ends_at))""",  # noqa: S608
    ),
    sql_check(
        "usage_counters",
        "usage counters: each is what its events come to",
        of="billing_usagecounter",
        offenders=f"""
            SELECT coalesce(c.customer_id, e.customer_id) || ' ' || coalesce(c.span, e.span) || ' '
                || coalesce(c.starts_at, e.starts_at) || ': counted ' || coalesce(c.total, 0) || ', events '
                || coalesce(e.total, 0)
            FROM billing_usagecounter c FULL JOIN ({COUNTED}) e
                ON e.customer_id = c.customer_id AND e.meter_id = c.meter_id AND e.span = c.span
                AND e.starts_at = c.starts_at
            WHERE (c.events, c.total, c.largest, c.latest_at, c.credits, c.different)
                IS DISTINCT FROM (e.events, e.total, e.largest, e.latest_at, e.credits, e.different)""",  # noqa: S608
    ),
    sql_check(
        "usage_paid_by_credits",
        "usage events: what credits paid of them, the credit ledger says too",
        of="billing_usageevent",
        offenders="""
            SELECT 'event ' || e.id || ': ' || e.credits || ' paid, ' || coalesce(-b.amount, 0) || ' used'
            FROM billing_usageevent e LEFT JOIN billing_creditentry b
                ON b.key = 'usage:' || e.customer_id || ':' || e.meter_id || ':' || e.key
            WHERE e.credits > 0 AND e.credits IS DISTINCT FROM -b.amount""",
    ),
    sql_check(
        "usage_billed",
        "billed usage: it is what was recorded in its stretch, which no other overlaps",
        of="billing_usagebilled",
        offenders="""
            SELECT 'stretch ' || b.id || ': billed ' || b.quantity || ', recorded ' || coalesce(e.number, 0)
            FROM billing_usagebilled b JOIN billing_meter m ON m.id = b.meter_id
            CROSS JOIN LATERAL (
                SELECT CASE m.aggregation WHEN 'sum' THEN sum(e.quantity) WHEN 'count' THEN count(*)
                    WHEN 'max' THEN max(e.quantity)
                    WHEN 'last' THEN (array_agg(e.quantity ORDER BY e.at DESC, e.id DESC))[1]
                    ELSE count(DISTINCT e.value_digest) FILTER (WHERE e.value_digest <> '') END AS number
                FROM billing_usageevent e WHERE e.customer_id = b.customer_id AND e.meter_id = b.meter_id
                    AND e.counted_at >= b.starts_at AND e.counted_at < b.ends_at) e
            WHERE b.quantity <> billing_usage_round(coalesce(e.number, 0), m.rounding)
            UNION ALL
            SELECT 'stretch ' || b.id || ' overlaps stretch ' || o.id
            FROM billing_usagebilled b JOIN billing_usagebilled o
                ON o.customer_id = b.customer_id AND o.meter_id = b.meter_id AND o.id > b.id
                AND o.starts_at < b.ends_at AND b.starts_at < o.ends_at""",
    ),
)
