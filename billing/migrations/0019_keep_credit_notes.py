"""Credit notes of ours: frozen, numbered when they are done, within their invoice; no session setting away."""

from django.db import migrations

NOTES = """
CREATE FUNCTION billing_keep_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['voided_at'];
BEGIN
    IF OLD.gateway <> '' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'credit note % is issued and cannot be deleted', OLD.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_is_never_deleted';
    END IF;
    IF OLD.number IS NULL AND OLD.xid = pg_current_xact_id() THEN
        free := free || ARRAY['number', 'issued_at'];
    END IF;
    IF (to_jsonb(OLD) - free) <> (to_jsonb(NEW) - free) THEN
        RAISE EXCEPTION 'credit note % is issued and changes no more', OLD.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_is_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credit_note_is_frozen BEFORE UPDATE OR DELETE ON billing_creditnote
    FOR EACH ROW EXECUTE FUNCTION billing_keep_credit_note();

CREATE FUNCTION billing_number_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM billing_creditnote WHERE id = NEW.id AND gateway = '' AND number IS NULL) THEN
        RAISE EXCEPTION 'credit note % has no number', NEW.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_of_ours_has_a_number';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credit_note_of_ours_has_a_number AFTER INSERT OR UPDATE ON billing_creditnote
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_number_credit_note();

CREATE FUNCTION billing_keep_notes_within_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole record;
    credited bigint;
BEGIN
    IF NEW.gateway <> '' THEN
        RETURN NEW;
    END IF;
    SELECT total_minor, currency, state, customer_id, gateway INTO whole
        FROM billing_invoice WHERE id = NEW.invoice_id FOR UPDATE;
    IF whole.gateway <> '' OR whole.currency <> NEW.currency OR whole.customer_id <> NEW.customer_id
            OR whole.state IN ('draft', 'void') THEN
        RAISE EXCEPTION 'credit note % does not go with its invoice', NEW.reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_goes_with_its_invoice';
    END IF;
    SELECT coalesce(sum(total_minor), 0) INTO credited
        FROM billing_creditnote WHERE invoice_id = NEW.invoice_id AND voided_at IS NULL;
    IF credited + NEW.total_minor > whole.total_minor THEN
        RAISE EXCEPTION 'credit note % of % exceeds the % that is left', NEW.reference, NEW.total_minor,
            whole.total_minor - credited
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_notes_stay_within_their_invoice';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credit_notes_stay_within_their_invoice BEFORE INSERT ON billing_creditnote
    FOR EACH ROW EXECUTE FUNCTION billing_keep_notes_within_invoice();

CREATE FUNCTION billing_keep_credited_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    issued text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT n.reference INTO issued
            FROM (SELECT DISTINCT credit_note_id FROM new_lines) l
            JOIN billing_creditnote n ON n.id = l.credit_note_id
            WHERE n.xid <> pg_current_xact_id() LIMIT 1;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION 'the lines of credit note % are frozen', coalesce(issued, '')
        USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_note_lines_are_frozen';
END $$;
CREATE TRIGGER credited_lines_take_no_more AFTER INSERT ON billing_creditnoteline
    REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION billing_keep_credited_lines();
CREATE TRIGGER credited_lines_only_stay BEFORE UPDATE OR DELETE ON billing_creditnoteline
    FOR EACH ROW EXECUTE FUNCTION billing_keep_credited_lines();
"""

LINKS = """
UPDATE billing_refund f SET invoice_id = n.invoice_id FROM billing_creditnote n
    WHERE n.id = f.credit_note_id AND f.invoice_id IS NULL;
"""


class Migration(migrations.Migration):
    # The audit triggers of these tables ask pghistory for its context.
    dependencies = [("billing", "0018_log_messages"), ("pghistory", "0007_auto_20250421_0444")]

    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (LINKS, NOTES)]
