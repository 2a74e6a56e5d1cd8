"""Facts are posted by one statement: the postings that are new, each with all its lines."""

from django.db import migrations

POST = """
CREATE FUNCTION billing_post(facts jsonb, at timestamptz, by_actor text, in_request text, reporting text)
RETURNS SETOF billing_posting LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    WITH told AS MATERIALIZED (
        SELECT nextval('billing_posting_id_seq'::regclass) AS id, f.*
        FROM ROWS FROM (
            jsonb_to_recordset(facts) AS (cause text, fact text, effective_on date, customer bigint,
                subject_kind text, subject bigint, reverses bigint, lines jsonb)
        ) WITH ORDINALITY AS f(cause, fact, effective_on, customer, subject_kind, subject, reverses, lines, place)
    ), posted AS (
        -- By cause: two that post the same causes then wait for one another one way only.
        INSERT INTO billing_posting AS p (id, cause, fact, effective_on, posted_at, customer_id, subject_kind,
                subject_id, reverses_id, actor_ref, request_id)
            SELECT t.id, t.cause, t.fact, t.effective_on, at, t.customer, t.subject_kind, t.subject, t.reverses,
                by_actor, in_request
            FROM told t ORDER BY t.cause, t.place ON CONFLICT DO NOTHING
            RETURNING p.*
    ), sides AS (
        INSERT INTO billing_postingline (posting_id, account, currency, amount_minor, day, customer_id,
                reporting_minor, reporting_rate)
            SELECT p.id, l.account, l.currency, l.minor, p.effective_on, p.customer_id,
                CASE WHEN l.currency = reporting THEN l.minor ELSE round(l.minor * r.rate * 10.0 ^ l.shift) END,
                CASE WHEN l.currency = reporting THEN 1 ELSE r.rate END
            FROM posted p JOIN told t USING (id)
            CROSS JOIN LATERAL ROWS FROM (
                jsonb_to_recordset(t.lines) AS (account text, currency text, minor bigint, shift int)
            ) WITH ORDINALITY AS l(account, currency, minor, shift, place)
            LEFT JOIN LATERAL (
                SELECT e.rate FROM billing_exchangerate e
                    WHERE l.currency <> reporting AND e.currency = l.currency
                      AND e.reporting_currency = reporting AND e.day <= p.effective_on
                    ORDER BY e.day DESC LIMIT 1
            ) r ON true
            ORDER BY p.id, l.place
    )
    SELECT * FROM posted p ORDER BY p.id;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0039_bill_the_last_usage")]
    operations = [migrations.RunSQL(POST, "DROP FUNCTION billing_post(jsonb, timestamptz, text, text, text);")]
