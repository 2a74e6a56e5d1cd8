"""A planned change keeps to its subscription's currency, and what has ended is not edited."""

from django.db import migrations

HOLD = """
CREATE FUNCTION billing_keep_pending_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.applied_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the planned change % has ended', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ended_pending_change_is_frozen';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM billing_subscription s JOIN billing_price p ON p.id = NEW.price_id
        WHERE s.id = NEW.subscription_id AND s.currency = p.currency
    ) THEN
        RAISE EXCEPTION 'the planned change of subscription % is in another currency', NEW.subscription_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pending_change_keeps_the_currency';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pending_change_is_kept BEFORE INSERT OR UPDATE ON billing_pendingchange
    FOR EACH ROW EXECUTE FUNCTION billing_keep_pending_change();

CREATE TRIGGER subscriptionchange_only_grows BEFORE UPDATE OR DELETE ON billing_subscriptionchange
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""
UNDO = """
DROP TRIGGER subscriptionchange_only_grows ON billing_subscriptionchange;
DROP TRIGGER pending_change_is_kept ON billing_pendingchange;
DROP FUNCTION billing_keep_pending_change();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0023_change_subscriptions")]

    operations = [migrations.RunSQL(HOLD, UNDO)]
