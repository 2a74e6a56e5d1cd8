"""A meter's usage on a tier is paid past its quota in credits or in money, never in both."""

from django.db import migrations

HOLD = """
CREATE FUNCTION billing_usage_is_paid_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM billing_quota q JOIN billing_usageprice p ON p.tier_id = q.tier_id AND p.meter_id = q.meter_id
        WHERE q.tier_id = NEW.tier_id AND q.meter_id = NEW.meter_id
            AND q.past = 'credits' AND p.unit_amount_minor > 0
    ) THEN
        RAISE EXCEPTION 'usage of meter % on tier % would be paid in credits and in money', NEW.meter_id, NEW.tier_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'usage_is_paid_once';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER usage_is_paid_once AFTER INSERT ON billing_usageprice
    FOR EACH ROW EXECUTE FUNCTION billing_usage_is_paid_once();
CREATE CONSTRAINT TRIGGER usage_is_paid_once AFTER INSERT OR UPDATE ON billing_quota
    FOR EACH ROW EXECUTE FUNCTION billing_usage_is_paid_once();
"""
UNDO = """
DROP TRIGGER usage_is_paid_once ON billing_quota;
DROP TRIGGER usage_is_paid_once ON billing_usageprice;
DROP FUNCTION billing_usage_is_paid_once();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0035_credit_outages")]
    operations = [migrations.RunSQL(HOLD, UNDO)]
