"""Inserting a usage event counts it; one function records it within a quota or paid by credits."""

from django.db import migrations

COUNTING = """
CREATE FUNCTION billing_refuse_uncounted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'usage is counted by its events alone'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'usage_counter_follows_its_events';
END $$;
CREATE TRIGGER usagecounter_follows_events BEFORE INSERT OR UPDATE OR DELETE ON billing_usagecounter
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION billing_refuse_uncounted();
ALTER TABLE billing_usagecounter SET (fillfactor = 80);

CREATE FUNCTION billing_usage_starts(span text, at timestamptz, period_starts_at timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE span WHEN 'period' THEN period_starts_at
        ELSE date_trunc(span, at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' END
$$;

CREATE FUNCTION billing_usage_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO billing_usagecounter AS c (customer_id, meter_id, span, starts_at, events, total, largest,
            latest, latest_at, different, credits)
        SELECT w.customer_id, w.meter_id, s.span, s.starts_at, count(*), sum(w.quantity), max(w.quantity),
            (array_agg(w.quantity ORDER BY w.at DESC, w.id DESC))[1], max(w.at),
            count(DISTINCT w.value_digest) FILTER (WHERE w.value_digest <> '' AND NOT EXISTS (
                SELECT 1 FROM billing_usageevent e
                WHERE e.customer_id = w.customer_id AND e.meter_id = w.meter_id
                  AND e.value_digest = w.value_digest AND e.value_digest <> ''
                  AND CASE s.span WHEN 'period' THEN e.period_starts_at = s.starts_at
                      ELSE e.counted_at >= s.starts_at
                       AND e.counted_at < (s.starts_at AT TIME ZONE 'UTC' + s.length) AT TIME ZONE 'UTC' END
                  AND NOT EXISTS (SELECT 1 FROM written n WHERE n.id = e.id))),
            sum(w.credits)
        FROM written w CROSS JOIN LATERAL (VALUES
            ('day', billing_usage_starts('day', w.counted_at, NULL), interval '1 day'),
            ('month', billing_usage_starts('month', w.counted_at, NULL), interval '1 month'),
            ('period', w.period_starts_at, interval '0')
        ) s(span, starts_at, length)
        WHERE s.starts_at IS NOT NULL
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (customer_id, meter_id, span, starts_at) DO UPDATE SET
            events = c.events + excluded.events, total = c.total + excluded.total,
            largest = greatest(c.largest, excluded.largest),
            latest = CASE WHEN excluded.latest_at >= c.latest_at THEN excluded.latest ELSE c.latest END,
            latest_at = greatest(c.latest_at, excluded.latest_at),
            different = c.different + excluded.different, credits = c.credits + excluded.credits;
    RETURN NULL;
END $$;
CREATE TRIGGER usageevent_is_counted AFTER INSERT ON billing_usageevent
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION billing_usage_count();
"""

RECORDING = """
CREATE FUNCTION billing_usage_round(number numeric, rounding text) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE rounding WHEN 'up' THEN ceil(number) WHEN 'down' THEN floor(number)
        WHEN 'nearest' THEN floor(number + 0.5) ELSE number END
$$;

CREATE FUNCTION billing_usage_stream(of_customer bigint, of_meter bigint, opened timestamptz)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    closed timestamptz;
BEGIN
    SELECT closed_until INTO closed FROM billing_usagestream
        WHERE customer_id = of_customer AND meter_id = of_meter FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO billing_usagestream (customer_id, meter_id, opened_at)
            VALUES (of_customer, of_meter, opened) ON CONFLICT DO NOTHING;
        SELECT closed_until INTO closed FROM billing_usagestream
            WHERE customer_id = of_customer AND meter_id = of_meter FOR NO KEY UPDATE;
    END IF;
    RETURN closed;
END $$;

CREATE FUNCTION billing_usage_record(
    of_customer bigint, of_meter bigint, aggregation text, rounding text, used numeric, value_told text,
    happened_at timestamptz, counts_at timestamptz, period_at timestamptz, received timestamptz, told jsonb,
    quota_span text, quota numeric, past text, pays_unit text, pays_each bigint, even_sold boolean,
    OUT outcome text, OUT event bigint, OUT closed timestamptz, OUT units_before numeric,
    OUT units_after numeric, OUT paid bigint, OUT available bigint, OUT entry bigint, OUT lots bigint[],
    OUT amounts bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    before record;
    bucket record;
    bucket_at timestamptz;
    raw numeric;
    burnt record;
    paid_before bigint;
BEGIN
    paid := 0;
    closed := billing_usage_stream(of_customer, of_meter, received);
    SELECT e.id, e.digest, e.credits INTO before FROM billing_usageevent e
        WHERE e.customer_id = of_customer AND e.meter_id = of_meter AND e.key = told->>'key';
    IF FOUND AND before.digest <> told->>'digest' THEN
        outcome := 'other_content';
        RETURN;
    END IF;
    IF before.id IS NULL AND closed > counts_at THEN
        outcome := 'closed';
        RETURN;
    END IF;
    bucket_at := billing_usage_starts(quota_span, counts_at, period_at);
    SELECT c.* INTO bucket FROM billing_usagecounter c
        WHERE c.customer_id = of_customer AND c.meter_id = of_meter AND c.span = quota_span
          AND c.starts_at = bucket_at;
    paid_before := coalesce(bucket.credits, 0);
    raw := CASE aggregation WHEN 'sum' THEN bucket.total WHEN 'count' THEN bucket.events
        WHEN 'max' THEN bucket.largest WHEN 'last' THEN bucket.latest ELSE bucket.different END;
    units_before := billing_usage_round(coalesce(raw, 0), rounding);
    IF before.id IS NOT NULL THEN
        outcome := 'repeated'; event := before.id; paid := before.credits; units_after := units_before;
        RETURN;
    END IF;
    raw := CASE aggregation
        WHEN 'sum' THEN coalesce(bucket.total, 0) + used
        WHEN 'count' THEN coalesce(bucket.events, 0) + 1
        WHEN 'max' THEN greatest(coalesce(bucket.largest, 0), used)
        WHEN 'last' THEN CASE WHEN bucket.latest_at > happened_at THEN bucket.latest ELSE used END
        ELSE coalesce(bucket.different, 0) + CASE WHEN EXISTS (
            SELECT 1 FROM billing_usageevent e
            WHERE e.customer_id = of_customer AND e.meter_id = of_meter AND e.value_digest = value_told
              AND e.value_digest <> ''
              AND CASE quota_span WHEN 'period' THEN e.period_starts_at = bucket_at
                  ELSE e.counted_at >= bucket_at AND e.counted_at < (bucket_at AT TIME ZONE 'UTC'
                      + CASE quota_span WHEN 'day' THEN interval '1 day' ELSE interval '1 month' END)
                      AT TIME ZONE 'UTC' END
        ) THEN 0 ELSE 1 END
    END;
    units_after := billing_usage_round(raw, rounding);
    IF greatest(0, units_after - quota) > greatest(0, units_before - quota) THEN
        IF past = 'hard' THEN
            outcome := 'over';
            RETURN;
        ELSIF past = 'credits' THEN
            paid := greatest(0, least(
                ceil(greatest(0, units_after - quota) * pays_each)
                    - ceil(greatest(0, units_before - quota) * pays_each),
                ceil(greatest(0, units_after - quota) * pays_each) - paid_before));
        END IF;
    END IF;
    IF paid > 0 THEN
        SELECT b.* INTO burnt FROM billing_credit_burn(of_customer, pays_unit, '', paid, received,
            told || jsonb_build_object('key', told->>'credit_key'), even_sold) b;
        available := burnt.available;
        IF burnt.outcome NOT IN ('done', 'repeated') THEN
            outcome := CASE WHEN burnt.outcome = 'no_account' THEN 'short' ELSE burnt.outcome END;
            RETURN;
        END IF;
        entry := burnt.entry; lots := burnt.lots; amounts := burnt.amounts;
    END IF;
    INSERT INTO billing_usageevent (customer_id, meter_id, key, digest, quantity, value_digest, at, counted_at,
            period_starts_at, received_at, credits, credit_unit, actor_ref)
        VALUES (of_customer, of_meter, told->>'key', told->>'digest', used, value_told, happened_at, counts_at,
            period_at, received, paid, CASE WHEN paid > 0 THEN pays_unit ELSE '' END, told->>'actor_ref')
        RETURNING id INTO event;
    IF quota > 0 THEN
        INSERT INTO billing_usagethreshold (customer_id, meter_id, span, starts_at, percent, "limit", at)
            SELECT of_customer, of_meter, quota_span, bucket_at, p.percent, quota, received
            FROM (VALUES (80), (100)) p(percent)
            WHERE units_before * 100 < quota * p.percent AND units_after * 100 >= quota * p.percent
            ON CONFLICT DO NOTHING;
    END IF;
    outcome := 'done';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0029_record_usage")]
    operations = [migrations.RunSQL(COUNTING), migrations.RunSQL(RECORDING)]
