"""What the database itself refuses, in plain SQL that no session setting switches off."""

from django.db import migrations

MOVES = """
CREATE FUNCTION billing_refuse_unlisted_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM billing_allowedtransition
        WHERE machine = TG_ARGV[0] AND from_state = OLD.state AND to_state = NEW.state
    ) THEN
        RAISE EXCEPTION 'a % cannot go from % to %', TG_ARGV[0], OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0] || '_moves_only_as_listed';
    END IF;
    RETURN NEW;
END $$;
"""

MACHINES = ["subscription", "invoice", "payment", "refund", "dispute"]

MOVE_TRIGGERS = "".join(
    f"""
CREATE TRIGGER {machine}_moves_only_as_listed BEFORE UPDATE OF state ON billing_{machine}
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION billing_refuse_unlisted_move('{machine}');
"""
    for machine in MACHINES
)

WEBHOOK_MOVES = """
CREATE TRIGGER webhook_moves_only_as_listed BEFORE UPDATE OF state ON billing_webhookevent
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION billing_refuse_unlisted_move('webhook');
"""

LEDGER = """
CREATE FUNCTION billing_refuse_unbalanced_posting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    SELECT posting_id, currency, sum(amount_minor) AS off INTO bad
        FROM written GROUP BY posting_id, currency HAVING sum(amount_minor) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'posting % is off by % minor units of %', bad.posting_id, bad.off, bad.currency
            USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_sums_to_zero_per_currency';
    END IF;
    SELECT p.id AS posting_id INTO bad
        FROM (SELECT DISTINCT posting_id FROM written) w JOIN billing_posting p ON p.id = w.posting_id
        WHERE p.xid <> pg_current_xact_id() LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'posting % was written by another transaction and takes no more lines', bad.posting_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_is_complete_when_written';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER posting_sums_to_zero AFTER INSERT ON billing_postingline
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_unbalanced_posting();
"""

APPEND_ONLY = """
CREATE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: what was wrong is corrected by adding', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_only_grows';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON billing_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""
    for table in ("posting", "postingline", "mrrmovement")
)

INVOICES = """
CREATE FUNCTION billing_keep_issued_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['state', 'paid_at', 'voided_at', 'uncollectible_at', 'gateway_as_of'];
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'invoice % is issued and cannot be deleted', OLD.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_invoice_is_never_deleted';
    END IF;
    IF (to_jsonb(OLD) - free) <> (to_jsonb(NEW) - free) THEN
        RAISE EXCEPTION 'invoice % is issued and changes nothing but its state', OLD.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_invoice_is_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER issued_invoice_is_frozen BEFORE UPDATE OR DELETE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_keep_issued_invoice();

CREATE FUNCTION billing_keep_issued_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    issued text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT i.reference INTO issued
            FROM (SELECT DISTINCT invoice_id FROM new_lines) l JOIN billing_invoice i ON i.id = l.invoice_id
            WHERE i.state <> 'draft' AND i.xid <> pg_current_xact_id() LIMIT 1;
    ELSE
        SELECT i.reference INTO issued
            FROM (SELECT DISTINCT invoice_id FROM old_lines) l JOIN billing_invoice i ON i.id = l.invoice_id
            WHERE i.state <> 'draft' LIMIT 1;
    END IF;
    IF FOUND THEN
        RAISE EXCEPTION 'invoice % is issued and its lines are frozen', issued
            USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_invoice_lines_are_frozen';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER issued_lines_take_no_more AFTER INSERT ON billing_invoiceline
    REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION billing_keep_issued_lines();
CREATE TRIGGER issued_lines_are_not_edited AFTER UPDATE ON billing_invoiceline
    REFERENCING OLD TABLE AS old_lines FOR EACH STATEMENT EXECUTE FUNCTION billing_keep_issued_lines();
CREATE TRIGGER issued_lines_are_not_deleted AFTER DELETE ON billing_invoiceline
    REFERENCING OLD TABLE AS old_lines FOR EACH STATEMENT EXECUTE FUNCTION billing_keep_issued_lines();
"""

PRICES = """
CREATE FUNCTION billing_keep_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'price % is fixed: a change is a new price', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'price_amount_is_fixed';
END $$;
CREATE TRIGGER price_amount_is_fixed BEFORE UPDATE ON billing_price FOR EACH ROW
    WHEN ((OLD.tier_id, OLD.currency, OLD.unit_amount_minor, OLD.interval_unit, OLD.interval_count, OLD.version,
           OLD.tax_inclusive)
          IS DISTINCT FROM
          (NEW.tier_id, NEW.currency, NEW.unit_amount_minor, NEW.interval_unit, NEW.interval_count, NEW.version,
           NEW.tax_inclusive))
    EXECUTE FUNCTION billing_keep_price();
"""

REFUNDS = """
CREATE FUNCTION billing_refund_holds(state text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT state IN ('pending_approval', 'approved', 'submitting', 'pending', 'requires_action', 'succeeded')
$$;
CREATE FUNCTION billing_keep_refunds_within_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    captured bigint;
    paid_in text;
    held bigint;
    withdrawn bigint;
BEGIN
    IF NEW.origin <> 'desk' OR NOT billing_refund_holds(NEW.state) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND billing_refund_holds(OLD.state) AND OLD.amount_minor >= NEW.amount_minor
            AND OLD.payment_id = NEW.payment_id THEN
        RETURN NEW;
    END IF;
    SELECT captured_minor, currency INTO captured, paid_in
        FROM billing_payment WHERE id = NEW.payment_id FOR UPDATE;
    IF paid_in <> NEW.currency THEN
        RAISE EXCEPTION 'refund % is in %, its payment in %', NEW.reference, NEW.currency, paid_in
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_is_in_the_currency_of_its_payment';
    END IF;
    SELECT coalesce(sum(amount_minor), 0) INTO held FROM billing_refund
        WHERE payment_id = NEW.payment_id AND id IS DISTINCT FROM NEW.id AND billing_refund_holds(state);
    SELECT coalesce(sum(withdrawn_minor), 0) INTO withdrawn
        FROM billing_dispute WHERE payment_id = NEW.payment_id;
    IF NEW.amount_minor > captured - held - withdrawn THEN
        RAISE EXCEPTION 'refund % of % exceeds the % that is left', NEW.reference, NEW.amount_minor,
            captured - held - withdrawn
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refunds_stay_within_their_payment';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refunds_stay_within_their_payment BEFORE INSERT OR UPDATE ON billing_refund
    FOR EACH ROW EXECUTE FUNCTION billing_keep_refunds_within_payment();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop)
        for sql in (MOVES, MOVE_TRIGGERS, WEBHOOK_MOVES, LEDGER, APPEND_ONLY, INVOICES, PRICES, REFUNDS)
    ]
