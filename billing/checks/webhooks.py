"""The inbox: nothing forgotten in it, and every attempt told."""

from billing.checks.check import sql_check

CHECKS = (
    sql_check(
        "events_wait_or_are_over",
        "webhook events: what is to be done has a time for it, and what is over has none",
        of="billing_webhookevent",
        offenders="""
            SELECT source || ' ' || event_id || ': ' || state FROM billing_webhookevent
            WHERE CASE WHEN state IN ('received', 'processing') OR state = 'failed' AND attempts > 0
                  THEN due_at IS NULL ELSE due_at IS NOT NULL END""",
    ),
    sql_check(
        "attempts_have_no_gap",
        "webhook events: their attempts are numbered from one, as many as were made",
        of="billing_webhookevent WHERE attempts > 0",
        offenders="""
            SELECT e.source || ' ' || e.event_id || ': ' || e.attempts || ' made, '
                || coalesce(t.n, 0) || ' told'
            FROM billing_webhookevent e
            LEFT JOIN (SELECT event_id, count(*) AS n, max(number) AS last, min(number) AS first
                       FROM billing_webhookattempt GROUP BY 1) t ON t.event_id = e.id
            WHERE (t.n IS NOT NULL AND (t.first <> 1 OR t.n <> t.last))
               OR coalesce(t.last, 0) <> e.attempts
                  AND NOT (e.state = 'processing' AND coalesce(t.last, 0) = e.attempts - 1)""",
    ),
    sql_check(
        "events_end_as_told",
        "webhook events: each that is done, dead or to be tried again is so by its last attempt",
        of="billing_webhookevent WHERE state IN ('processed', 'dead', 'failed') AND attempts > 0",
        offenders="""
            SELECT e.source || ' ' || e.event_id || ': is ' || e.state || ', told '
                || coalesce(t.state, 'nothing')
            FROM billing_webhookevent e
            LEFT JOIN billing_webhookattempt t ON t.event_id = e.id AND t.number = e.attempts
            WHERE e.state IN ('processed', 'dead', 'failed') AND (e.attempts > 0 OR e.state <> 'failed')
              AND t.state IS DISTINCT FROM e.state""",
    ),
    sql_check(
        "events_are_done_once",
        "webhook attempts: none had effects after one that had succeeded, unless somebody replayed it",
        of="billing_webhookattempt WHERE state = 'processed'",
        offenders="""
            SELECT e.source || ' ' || e.event_id || ': done ' || count(*) || ' times'
            FROM billing_webhookattempt t JOIN billing_webhookevent e ON e.id = t.event_id
            WHERE t.state = 'processed' AND t.kind <> 'replay'
            GROUP BY e.id HAVING count(*) > 1""",
    ),
    sql_check(
        "payloads_are_stored_once",
        "webhook payloads: one for an event at most, in the month in which it came",
        of="billing_webhookpayload",
        offenders="""
            SELECT 'payload of event ' || p.event_id FROM billing_webhookpayload p
            LEFT JOIN billing_webhookevent e ON e.id = p.event_id AND e.received_at = p.received_at
            WHERE e.id IS NULL""",
    ),
)
