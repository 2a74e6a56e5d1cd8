"""Why each line costs what it does, how it is taxed, what waits for the next invoice, and what is frozen."""

import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

KEEP_ISSUED = """
CREATE OR REPLACE FUNCTION billing_keep_issued_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['state', 'collect_at', 'paid_at', 'outside_reference', 'voided_at', 'uncollectible_at',
        'gateway_as_of'];
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
    IF OLD.outside_reference <> '' AND NEW.outside_reference <> OLD.outside_reference THEN
        RAISE EXCEPTION 'invoice % was paid by transfer %', OLD.reference, OLD.outside_reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'outside_reference_stays';
    END IF;
    RETURN NEW;
END $$;
"""

PENDING = """
CREATE FUNCTION billing_keep_pending_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.invoice_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM billing_invoice WHERE id = OLD.invoice_id AND state <> 'draft'
    ) THEN
        RAISE EXCEPTION 'pending line % is on an issued invoice', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'taken_line_stays';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF (to_jsonb(OLD) - 'invoice_id') <> (to_jsonb(NEW) - 'invoice_id')
            OR (OLD.invoice_id IS NOT NULL AND NEW.invoice_id IS NOT NULL) THEN
        RAISE EXCEPTION 'pending line % is only taken, once, or released with its draft', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pending_line_is_only_taken';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pending_line_is_only_taken BEFORE UPDATE OR DELETE ON billing_pendingline
    FOR EACH ROW EXECUTE FUNCTION billing_keep_pending_line();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0025_claim_trials_and_agree_on_terms'),
    ]

    operations = [
        migrations.CreateModel(
            name='LocationEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('billing_address', 'Billing address'), ('card', "Country of the card's issuer"), ('bank', 'Country of the bank account'), ('ip_address', 'Country of the internet address'), ('phone', 'Country of the phone number'), ('declared', 'Told by the customer')], max_length=16)),
                ('country', models.CharField(max_length=2)),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='PendingLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('kind', models.CharField(choices=[('subscription', 'Subscription'), ('proration_charge', 'Charge for the rest of a period'), ('proration_credit', 'Unused time'), ('usage', 'Usage'), ('package', 'Package'), ('one_off', 'One-off')], max_length=20)),
                ('description', models.CharField(max_length=500)),
                ('amount_minor', models.BigIntegerField()),
                ('inclusive', models.BooleanField(default=False)),
                ('quantity', models.DecimalField(decimal_places=6, default=1, max_digits=20)),
                ('unit_amount_minor', models.DecimalField(blank=True, decimal_places=6, max_digits=24, null=True)),
                ('period_start', models.DateTimeField(blank=True, null=True)),
                ('period_end', models.DateTimeField(blank=True, null=True)),
                ('item_id', models.BigIntegerField(blank=True, null=True)),
                ('takes_back_number', models.CharField(blank=True, default='', max_length=64)),
                ('takes_back_rate', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ('takes_back_treatment', models.CharField(blank=True, choices=[('standard', 'Standard rate'), ('reduced', 'Reduced rate'), ('reverse_charge', 'Reverse charge'), ('export', 'Outside the scope of VAT'), ('oss', 'One-stop-shop'), ('exempt', 'Exempt')], default='', max_length=16)),
                ('why', models.JSONField(blank=True, default=dict)),
                ('cause', models.CharField(max_length=200, unique=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='PendingLineEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('pgh_context_id', models.UUIDField(null=True)),
                ('id', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('kind', models.CharField(choices=[('subscription', 'Subscription'), ('proration_charge', 'Charge for the rest of a period'), ('proration_credit', 'Unused time'), ('usage', 'Usage'), ('package', 'Package'), ('one_off', 'One-off')], max_length=20)),
                ('description', models.CharField(max_length=500)),
                ('amount_minor', models.BigIntegerField()),
                ('inclusive', models.BooleanField(default=False)),
                ('quantity', models.DecimalField(decimal_places=6, default=1, max_digits=20)),
                ('unit_amount_minor', models.DecimalField(blank=True, decimal_places=6, max_digits=24, null=True)),
                ('period_start', models.DateTimeField(blank=True, null=True)),
                ('period_end', models.DateTimeField(blank=True, null=True)),
                ('item_id', models.BigIntegerField(blank=True, null=True)),
                ('takes_back_number', models.CharField(blank=True, default='', max_length=64)),
                ('takes_back_rate', models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ('takes_back_treatment', models.CharField(blank=True, choices=[('standard', 'Standard rate'), ('reduced', 'Reduced rate'), ('reverse_charge', 'Reverse charge'), ('export', 'Outside the scope of VAT'), ('oss', 'One-stop-shop'), ('exempt', 'Exempt')], default='', max_length=16)),
                ('why', models.JSONField(blank=True, default=dict)),
                ('cause', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='VatCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(max_length=2)),
                ('number_hash', models.CharField(max_length=64)),
                ('answer', models.CharField(choices=[('valid', 'Valid'), ('invalid', 'Not valid'), ('unknown', 'Could not be asked')], max_length=8)),
                ('source', models.CharField(max_length=16)),
                ('consultation', models.CharField(blank=True, default='', max_length=64)),
                ('checked_at', models.DateTimeField()),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='invoice',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='invoice',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='invoice',
            name='delete_delete',
        ),
        migrations.RemoveConstraint(
            model_name='creditnoteline',
            name='credit_note_line_is_not_below_zero',
        ),
        migrations.AddField(
            model_name='invoice',
            name='cause',
            field=models.CharField(blank=True, max_length=160, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='invoice',
            name='collect_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='invoice',
            name='corrects',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected_by', to='billing.invoice'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='evidence',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='invoice',
            name='outside_reference',
            field=models.CharField(blank=True, default='', max_length=120),
        ),
        migrations.AddField(
            model_name='invoice',
            name='seller',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='invoice',
            name='tax_country',
            field=models.CharField(blank=True, default='', max_length=2),
        ),
        migrations.AddField(
            model_name='invoice',
            name='tax_point',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='invoice',
            name='tax_why',
            field=models.CharField(blank=True, default='', max_length=300),
        ),
        migrations.AddField(
            model_name='invoice',
            name='treatment',
            field=models.CharField(blank=True, choices=[('standard', 'Standard rate'), ('reduced', 'Reduced rate'), ('reverse_charge', 'Reverse charge'), ('export', 'Outside the scope of VAT'), ('oss', 'One-stop-shop'), ('exempt', 'Exempt')], default='', max_length=16),
        ),
        migrations.AddField(
            model_name='invoiceevent',
            name='cause',
            field=models.CharField(blank=True, max_length=160, null=True),
        ),
        migrations.AddField(
            model_name='invoiceevent',
            name='collect_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='invoiceevent',
            name='corrects',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.invoice'),
        ),
        migrations.AddField(
            model_name='invoiceevent',
            name='outside_reference',
            field=models.CharField(blank=True, default='', max_length=120),
        ),
        migrations.AddField(
            model_name='invoiceevent',
            name='tax_country',
            field=models.CharField(blank=True, default='', max_length=2),
        ),
        migrations.AddField(
            model_name='invoiceevent',
            name='tax_point',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='invoiceevent',
            name='tax_why',
            field=models.CharField(blank=True, default='', max_length=300),
        ),
        migrations.AddField(
            model_name='invoiceevent',
            name='treatment',
            field=models.CharField(blank=True, choices=[('standard', 'Standard rate'), ('reduced', 'Reduced rate'), ('reverse_charge', 'Reverse charge'), ('export', 'Outside the scope of VAT'), ('oss', 'One-stop-shop'), ('exempt', 'Exempt')], default='', max_length=16),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='item',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='invoice_lines', to='billing.subscriptionitem'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='kind',
            field=models.CharField(blank=True, choices=[('subscription', 'Subscription'), ('proration_charge', 'Charge for the rest of a period'), ('proration_credit', 'Unused time'), ('usage', 'Usage'), ('package', 'Package'), ('one_off', 'One-off')], default='', max_length=20),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='takes_back',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='taken_back_by', to='billing.invoiceline'),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='takes_back_number',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='treatment',
            field=models.CharField(blank=True, choices=[('standard', 'Standard rate'), ('reduced', 'Reduced rate'), ('reverse_charge', 'Reverse charge'), ('export', 'Outside the scope of VAT'), ('oss', 'One-stop-shop'), ('exempt', 'Exempt')], default='', max_length=16),
        ),
        migrations.AddField(
            model_name='invoiceline',
            name='why',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(models.F('collect_at'), models.F('id'), condition=models.Q(('collect_at__isnull', False), ('state', 'open')), name='invoice_to_collect'),
        ),
        migrations.AddIndex(
            model_name='invoiceline',
            index=models.Index(models.F('item'), models.OrderBy(models.F('period_end'), descending=True), condition=models.Q(('item__isnull', False)), name='invoice_line_of_item'),
        ),
        migrations.AddIndex(
            model_name='invoiceline',
            index=models.Index(models.F('takes_back'), condition=models.Q(('takes_back__isnull', False)), name='invoice_line_taking_back'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "billing_invoiceevent" ("cause", "collect_at", "corrects_id", "created_at", "currency", "customer_id", "due_on", "finalised_at", "foreign_number", "gateway", "gateway_as_of", "gateway_id", "id", "net_minor", "number", "outside_reference", "paid_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "state", "subscription_id", "tax_country", "tax_minor", "tax_point", "tax_why", "total_minor", "treatment", "uncollectible_at", "voided_at") SELECT new_values."cause", new_values."collect_at", new_values."corrects_id", new_values."created_at", new_values."currency", new_values."customer_id", new_values."due_on", new_values."finalised_at", new_values."foreign_number", new_values."gateway", new_values."gateway_as_of", new_values."gateway_id", new_values."id", new_values."net_minor", new_values."number", new_values."outside_reference", new_values."paid_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."reference", new_values."state", new_values."subscription_id", new_values."tax_country", new_values."tax_minor", new_values."tax_point", new_values."tax_why", new_values."total_minor", new_values."treatment", new_values."uncollectible_at", new_values."voided_at" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='56799ae1c1373f74ba6e8256948f43ea55ceaa56', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_0c624', referencing='REFERENCING NEW TABLE AS new_values ', table='billing_invoice', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "billing_invoiceevent" ("cause", "collect_at", "corrects_id", "created_at", "currency", "customer_id", "due_on", "finalised_at", "foreign_number", "gateway", "gateway_as_of", "gateway_id", "id", "net_minor", "number", "outside_reference", "paid_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "state", "subscription_id", "tax_country", "tax_minor", "tax_point", "tax_why", "total_minor", "treatment", "uncollectible_at", "voided_at") SELECT new_values."cause", new_values."collect_at", new_values."corrects_id", new_values."created_at", new_values."currency", new_values."customer_id", new_values."due_on", new_values."finalised_at", new_values."foreign_number", new_values."gateway", new_values."gateway_as_of", new_values."gateway_id", new_values."id", new_values."net_minor", new_values."number", new_values."outside_reference", new_values."paid_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."reference", new_values."state", new_values."subscription_id", new_values."tax_country", new_values."tax_minor", new_values."tax_point", new_values."tax_why", new_values."total_minor", new_values."treatment", new_values."uncollectible_at", new_values."voided_at" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."cause" IS DISTINCT FROM (new_values."cause") OR old_values."collect_at" IS DISTINCT FROM (new_values."collect_at") OR old_values."corrects_id" IS DISTINCT FROM (new_values."corrects_id") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."currency" IS DISTINCT FROM (new_values."currency") OR old_values."customer_id" IS DISTINCT FROM (new_values."customer_id") OR old_values."due_on" IS DISTINCT FROM (new_values."due_on") OR old_values."finalised_at" IS DISTINCT FROM (new_values."finalised_at") OR old_values."foreign_number" IS DISTINCT FROM (new_values."foreign_number") OR old_values."gateway" IS DISTINCT FROM (new_values."gateway") OR old_values."gateway_as_of" IS DISTINCT FROM (new_values."gateway_as_of") OR old_values."gateway_id" IS DISTINCT FROM (new_values."gateway_id") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."net_minor" IS DISTINCT FROM (new_values."net_minor") OR old_values."number" IS DISTINCT FROM (new_values."number") OR old_values."outside_reference" IS DISTINCT FROM (new_values."outside_reference") OR old_values."paid_at" IS DISTINCT FROM (new_values."paid_at") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."state" IS DISTINCT FROM (new_values."state") OR old_values."subscription_id" IS DISTINCT FROM (new_values."subscription_id") OR old_values."tax_country" IS DISTINCT FROM (new_values."tax_country") OR old_values."tax_minor" IS DISTINCT FROM (new_values."tax_minor") OR old_values."tax_point" IS DISTINCT FROM (new_values."tax_point") OR old_values."tax_why" IS DISTINCT FROM (new_values."tax_why") OR old_values."total_minor" IS DISTINCT FROM (new_values."total_minor") OR old_values."treatment" IS DISTINCT FROM (new_values."treatment") OR old_values."uncollectible_at" IS DISTINCT FROM (new_values."uncollectible_at") OR old_values."voided_at" IS DISTINCT FROM (new_values."voided_at")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='84ee1353a60b59dfc8b79e7754340ca324134b4c', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_28c43', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='billing_invoice', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invoice',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "billing_invoiceevent" ("cause", "collect_at", "corrects_id", "created_at", "currency", "customer_id", "due_on", "finalised_at", "foreign_number", "gateway", "gateway_as_of", "gateway_id", "id", "net_minor", "number", "outside_reference", "paid_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "state", "subscription_id", "tax_country", "tax_minor", "tax_point", "tax_why", "total_minor", "treatment", "uncollectible_at", "voided_at") SELECT old_values."cause", old_values."collect_at", old_values."corrects_id", old_values."created_at", old_values."currency", old_values."customer_id", old_values."due_on", old_values."finalised_at", old_values."foreign_number", old_values."gateway", old_values."gateway_as_of", old_values."gateway_id", old_values."id", old_values."net_minor", old_values."number", old_values."outside_reference", old_values."paid_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."reference", old_values."state", old_values."subscription_id", old_values."tax_country", old_values."tax_minor", old_values."tax_point", old_values."tax_why", old_values."total_minor", old_values."treatment", old_values."uncollectible_at", old_values."voided_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='29660fc45dff5d8963617b686f4134880bf833b0', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_6493d', referencing='REFERENCING OLD TABLE AS old_values ', table='billing_invoice', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='creditnoteline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('net_minor__gte', 0), ('tax_minor__gte', 0)), models.Q(('net_minor__lte', 0), ('tax_minor__lte', 0)), _connector='OR'), name='credit_note_line_has_one_sign'),
        ),
        migrations.AddField(
            model_name='locationevidence',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='location_evidence', to='billing.customer'),
        ),
        migrations.AddField(
            model_name='pendingline',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='pending_lines', to='billing.customer'),
        ),
        migrations.AddField(
            model_name='pendingline',
            name='invoice',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='pending_lines', to='billing.invoice'),
        ),
        migrations.AddField(
            model_name='pendingline',
            name='price',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.price'),
        ),
        migrations.AddField(
            model_name='pendingline',
            name='subscription',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pending_lines', to='billing.subscription'),
        ),
        migrations.AddField(
            model_name='pendingline',
            name='takes_back',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='billing.invoiceline'),
        ),
        migrations.AddField(
            model_name='pendinglineevent',
            name='customer',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.customer'),
        ),
        migrations.AddField(
            model_name='pendinglineevent',
            name='invoice',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.invoice'),
        ),
        migrations.AddField(
            model_name='pendinglineevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='audit_rows', to='billing.pendingline'),
        ),
        migrations.AddField(
            model_name='pendinglineevent',
            name='price',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.price'),
        ),
        migrations.AddField(
            model_name='pendinglineevent',
            name='subscription',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.subscription'),
        ),
        migrations.AddField(
            model_name='pendinglineevent',
            name='takes_back',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.invoiceline'),
        ),
        migrations.AddIndex(
            model_name='vatcheck',
            index=models.Index(models.F('number_hash'), models.OrderBy(models.F('checked_at'), descending=True), name='vat_check_of_number'),
        ),
        migrations.AddConstraint(
            model_name='locationevidence',
            constraint=models.UniqueConstraint(fields=('customer', 'kind', 'seen_at'), name='evidence_is_kept_once'),
        ),
        migrations.AddConstraint(
            model_name='locationevidence',
            constraint=models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='evidence_names_a_country'),
        ),
        migrations.AddIndex(
            model_name='pendingline',
            index=models.Index(models.F('customer'), models.F('currency'), models.F('id'), condition=models.Q(('invoice__isnull', True)), name='pending_line_waiting'),
        ),
        migrations.AddIndex(
            model_name='pendingline',
            index=models.Index(models.F('customer'), models.OrderBy(models.F('created_at'), descending=True), name='pending_line_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='pendingline',
            constraint=models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='pending_line_currency_is_three_capitals'),
        ),
        migrations.AddConstraint(
            model_name='pendingline',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor', 0), _negated=True), name='pending_line_is_not_zero'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pendingline',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "billing_pendinglineevent" ("amount_minor", "cause", "created_at", "currency", "customer_id", "description", "id", "inclusive", "invoice_id", "item_id", "kind", "period_end", "period_start", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_id", "quantity", "subscription_id", "takes_back_id", "takes_back_number", "takes_back_rate", "takes_back_treatment", "unit_amount_minor", "why") SELECT new_values."amount_minor", new_values."cause", new_values."created_at", new_values."currency", new_values."customer_id", new_values."description", new_values."id", new_values."inclusive", new_values."invoice_id", new_values."item_id", new_values."kind", new_values."period_end", new_values."period_start", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."price_id", new_values."quantity", new_values."subscription_id", new_values."takes_back_id", new_values."takes_back_number", new_values."takes_back_rate", new_values."takes_back_treatment", new_values."unit_amount_minor", new_values."why" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='e96d189bedc1055bf1e10050b5519def0a8c07c1', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_e9316', referencing='REFERENCING NEW TABLE AS new_values ', table='billing_pendingline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pendingline',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "billing_pendinglineevent" ("amount_minor", "cause", "created_at", "currency", "customer_id", "description", "id", "inclusive", "invoice_id", "item_id", "kind", "period_end", "period_start", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_id", "quantity", "subscription_id", "takes_back_id", "takes_back_number", "takes_back_rate", "takes_back_treatment", "unit_amount_minor", "why") SELECT new_values."amount_minor", new_values."cause", new_values."created_at", new_values."currency", new_values."customer_id", new_values."description", new_values."id", new_values."inclusive", new_values."invoice_id", new_values."item_id", new_values."kind", new_values."period_end", new_values."period_start", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."price_id", new_values."quantity", new_values."subscription_id", new_values."takes_back_id", new_values."takes_back_number", new_values."takes_back_rate", new_values."takes_back_treatment", new_values."unit_amount_minor", new_values."why" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='37ecbca54d4281892ca30610d9ef21a7b381426a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_28966', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='billing_pendingline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pendingline',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "billing_pendinglineevent" ("amount_minor", "cause", "created_at", "currency", "customer_id", "description", "id", "inclusive", "invoice_id", "item_id", "kind", "period_end", "period_start", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_id", "quantity", "subscription_id", "takes_back_id", "takes_back_number", "takes_back_rate", "takes_back_treatment", "unit_amount_minor", "why") SELECT old_values."amount_minor", old_values."cause", old_values."created_at", old_values."currency", old_values."customer_id", old_values."description", old_values."id", old_values."inclusive", old_values."invoice_id", old_values."item_id", old_values."kind", old_values."period_end", old_values."period_start", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."price_id", old_values."quantity", old_values."subscription_id", old_values."takes_back_id", old_values."takes_back_number", old_values."takes_back_rate", old_values."takes_back_treatment", old_values."unit_amount_minor", old_values."why" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='5b434f8cd7c21185a6d81adc20b5f33d74391e26', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_6d122', referencing='REFERENCING OLD TABLE AS old_values ', table='billing_pendingline', when='AFTER')),
        ),
        *(migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (KEEP_ISSUED, PENDING)),
    ]
