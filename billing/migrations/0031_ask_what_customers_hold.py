"""What a customer holds, asked in one statement whose plan the database keeps."""

from django.db import migrations

HELD = """
CREATE FUNCTION billing_entitlement_held(of_customer bigint, at timestamptz)
RETURNS TABLE (subscription bigint, tier bigint, anchor timestamptz, starts timestamptz, ends timestamptz,
    every text, every_count smallint, goes_on boolean)
LANGUAGE sql STABLE AS $$
    SELECT s.id, p.tier_id, s.anchor_at, s.current_period_start, s.current_period_end, p.interval_unit::text,
        p.interval_count, NOT s.cancel_at_period_end AND s.cancel_at IS NULL
    FROM billing_subscription s
    JOIN billing_subscriptionitem i ON i.subscription_id = s.id
    JOIN billing_price p ON p.id = i.price_id
    WHERE s.customer_id = of_customer AND s.state IN ('trialing', 'active', 'past_due')
      AND (s.cancel_at IS NULL OR s.cancel_at > at)
      AND NOT (s.cancel_at_period_end AND s.current_period_end IS NOT NULL AND s.current_period_end <= at)
$$;

CREATE FUNCTION billing_entitlement_tiers(of_customer bigint, at timestamptz)
RETURNS TABLE (subscription bigint, tier bigint, anchor timestamptz, starts timestamptz, ends timestamptz,
    every text, every_count smallint, goes_on boolean)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT h.* FROM billing_entitlement_held(of_customer, at) h;
    IF NOT FOUND THEN
        RETURN QUERY SELECT NULL::bigint, t.id, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz,
            NULL::text, NULL::smallint, true
            FROM billing_tier t WHERE t.is_default;
    END IF;
END $$;

CREATE FUNCTION billing_entitlement_meter(
    of_customer bigint, of_meter text, at timestamptz,
    OUT customer bigint, OUT meter bigint, OUT meter_name text, OUT unit text, OUT aggregation text,
    OUT rounding text, OUT tier text, OUT tier_name text, OUT subscription bigint, OUT anchor timestamptz,
    OUT starts timestamptz, OUT ends timestamptz, OUT every text, OUT every_count smallint, OUT goes_on boolean,
    OUT quota bigint, OUT quota_limit bigint, OUT per text, OUT past text, OUT credit_unit text,
    OUT credits_each integer
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT c.id INTO customer FROM billing_customer c WHERE c.id = of_customer;
    SELECT m.id, m.name, m.unit, m.aggregation, m.rounding INTO meter, meter_name, unit, aggregation, rounding
        FROM billing_meter m WHERE m.slug = of_meter;
    SELECT t.slug, t.name, h.subscription, h.anchor, h.starts, h.ends, h.every, h.every_count, h.goes_on,
            q.id, q."limit", q.per, q.past, q.credit_unit, q.credits_each
        INTO tier, tier_name, subscription, anchor, starts, ends, every, every_count, goes_on,
            quota, quota_limit, per, past, credit_unit, credits_each
        FROM billing_entitlement_tiers(of_customer, at) h
        JOIN billing_tier t ON t.id = h.tier
        LEFT JOIN billing_quota q ON q.tier_id = h.tier AND q.meter_id = billing_entitlement_meter.meter
        ORDER BY q.id IS NULL, t.rank DESC, h.subscription DESC LIMIT 1;
END $$;

CREATE FUNCTION billing_entitlement_feature(
    of_customer bigint, of_feature text, at timestamptz,
    OUT customer bigint, OUT feature bigint, OUT feature_name text, OUT tier text, OUT tier_name text,
    OUT subscription bigint, OUT has boolean
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT c.id INTO customer FROM billing_customer c WHERE c.id = of_customer;
    SELECT f.id, f.name INTO feature, feature_name FROM billing_feature f WHERE f.slug = of_feature;
    SELECT t.slug, t.name, h.subscription, g.id IS NOT NULL INTO tier, tier_name, subscription, has
        FROM billing_entitlement_tiers(of_customer, at) h
        JOIN billing_tier t ON t.id = h.tier
        LEFT JOIN billing_tierfeature g
            ON g.tier_id = h.tier AND g.feature_id = billing_entitlement_feature.feature
        ORDER BY g.id IS NULL, t.rank DESC, h.subscription DESC LIMIT 1;
    has := coalesce(has, false);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0030_count_usage")]
    operations = [migrations.RunSQL(HELD)]
