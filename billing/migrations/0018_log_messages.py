"""Messages to customers: a row each, the words apart, and templates that only grow."""

import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


HOLD = """
CREATE TRIGGER message_moves_only_as_listed BEFORE UPDATE OF state ON billing_message
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION billing_refuse_unlisted_move('message');
CREATE TRIGGER messagetemplate_only_grows BEFORE UPDATE OR DELETE ON billing_messagetemplate
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
CREATE FUNCTION billing_keep_message_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the words of message % are as they were written', OLD.message_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'message_words_are_never_edited';
END $$;
CREATE TRIGGER message_words_are_never_edited BEFORE UPDATE ON billing_messagetext
    FOR EACH ROW EXECUTE FUNCTION billing_keep_message_words();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0017_refund_invoices_by_credit_note'),
    ]

    operations = [
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=24, unique=True)),
                ('kind', models.CharField(max_length=40)),
                ('language', models.CharField(max_length=8)),
                ('version', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(choices=[('waiting', 'Waits for a decision'), ('queued', 'Queued'), ('sending', 'Sending'), ('sent', 'Sent'), ('failed', 'Failed'), ('canceled', 'Not sent')], max_length=12)),
                ('cause', models.CharField(max_length=160, unique=True)),
                ('subject_kind', models.CharField(blank=True, default='', max_length=24)),
                ('subject_id', models.BigIntegerField(blank=True, null=True)),
                ('subject_label', models.CharField(blank=True, default='', max_length=64)),
                ('reason', models.CharField(blank=True, default='', max_length=1000)),
                ('why_not', models.CharField(blank=True, default='', max_length=200)),
                ('failure', models.CharField(blank=True, default='', max_length=300)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('asked_by_ref', models.CharField(max_length=64)),
                ('asked_by_name', models.CharField(max_length=120)),
                ('created_at', models.DateTimeField()),
                ('sending_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='billing.customer')),
                ('resend_of', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='resends', to='billing.message')),
            ],
        ),
        migrations.CreateModel(
            name='MessageText',
            fields=[
                ('message', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='text', serialize=False, to='billing.message')),
                ('address', models.CharField(blank=True, default='', max_length=254)),
                ('subject', models.CharField(max_length=200)),
                ('body', models.TextField(max_length=20000)),
            ],
        ),
        migrations.CreateModel(
            name='MessageEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('pgh_context_id', models.UUIDField(null=True)),
                ('id', models.BigIntegerField()),
                ('reference', models.CharField(max_length=24)),
                ('kind', models.CharField(max_length=40)),
                ('language', models.CharField(max_length=8)),
                ('version', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(choices=[('waiting', 'Waits for a decision'), ('queued', 'Queued'), ('sending', 'Sending'), ('sent', 'Sent'), ('failed', 'Failed'), ('canceled', 'Not sent')], max_length=12)),
                ('cause', models.CharField(max_length=160)),
                ('subject_kind', models.CharField(blank=True, default='', max_length=24)),
                ('subject_id', models.BigIntegerField(blank=True, null=True)),
                ('subject_label', models.CharField(blank=True, default='', max_length=64)),
                ('why_not', models.CharField(blank=True, default='', max_length=200)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('asked_by_ref', models.CharField(max_length=64)),
                ('asked_by_name', models.CharField(max_length=120)),
                ('created_at', models.DateTimeField()),
                ('sending_at', models.DateTimeField(blank=True, null=True)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.customer')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='audit_rows', to='billing.message')),
                ('resend_of', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='billing.message')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MessageTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('language', models.CharField(max_length=8)),
                ('version', models.PositiveIntegerField()),
                ('subject', models.CharField(max_length=150)),
                ('body', models.TextField(max_length=5000)),
                ('reason', models.CharField(max_length=1000)),
                ('author_ref', models.CharField(max_length=64)),
                ('author_name', models.CharField(max_length=120)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'language', 'version'), name='message_template_version_is_written_once'), models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='message_template_counts_from_one'), models.CheckConstraint(condition=models.Q(('author_name__gt', ''), ('reason__gt', '')), name='message_template_says_who_and_why')],
            },
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='message_newest_first'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.F('state'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='message_by_state'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.F('kind'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='message_by_kind'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.F('customer'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='message_of_customer'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.F('subject_kind'), models.F('subject_id'), name='message_about'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.F('resend_of'), condition=models.Q(('resend_of__isnull', False)), name='message_resends'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(models.F('sending_at'), condition=models.Q(('state', 'sending')), name='message_under_way'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='message_sent_says_when'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'canceled'), _negated=True), ('why_not__gt', ''), _connector='OR'), name='message_not_sent_says_why'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('resend_of', None), ('reason__gt', ''), _connector='OR'), name='message_sent_again_says_why'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('reference__regex', '^MSG-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{8}$')), name='message_reference_has_its_shape'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "billing_messageevent" ("asked_by_name", "asked_by_ref", "attempts", "cause", "created_at", "customer_id", "id", "kind", "language", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "resend_of_id", "sending_at", "sent_at", "state", "subject_id", "subject_kind", "subject_label", "version", "why_not") SELECT new_values."asked_by_name", new_values."asked_by_ref", new_values."attempts", new_values."cause", new_values."created_at", new_values."customer_id", new_values."id", new_values."kind", new_values."language", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."reference", new_values."resend_of_id", new_values."sending_at", new_values."sent_at", new_values."state", new_values."subject_id", new_values."subject_kind", new_values."subject_label", new_values."version", new_values."why_not" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='54a6877b86148487b31e9e3476ea9d9b39e79b81', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_d2246', referencing='REFERENCING NEW TABLE AS new_values ', table='billing_message', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "billing_messageevent" ("asked_by_name", "asked_by_ref", "attempts", "cause", "created_at", "customer_id", "id", "kind", "language", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "resend_of_id", "sending_at", "sent_at", "state", "subject_id", "subject_kind", "subject_label", "version", "why_not") SELECT new_values."asked_by_name", new_values."asked_by_ref", new_values."attempts", new_values."cause", new_values."created_at", new_values."customer_id", new_values."id", new_values."kind", new_values."language", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."reference", new_values."resend_of_id", new_values."sending_at", new_values."sent_at", new_values."state", new_values."subject_id", new_values."subject_kind", new_values."subject_label", new_values."version", new_values."why_not" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."asked_by_name" IS DISTINCT FROM (new_values."asked_by_name") OR old_values."asked_by_ref" IS DISTINCT FROM (new_values."asked_by_ref") OR old_values."attempts" IS DISTINCT FROM (new_values."attempts") OR old_values."cause" IS DISTINCT FROM (new_values."cause") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."customer_id" IS DISTINCT FROM (new_values."customer_id") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."language" IS DISTINCT FROM (new_values."language") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."resend_of_id" IS DISTINCT FROM (new_values."resend_of_id") OR old_values."sending_at" IS DISTINCT FROM (new_values."sending_at") OR old_values."sent_at" IS DISTINCT FROM (new_values."sent_at") OR old_values."state" IS DISTINCT FROM (new_values."state") OR old_values."subject_id" IS DISTINCT FROM (new_values."subject_id") OR old_values."subject_kind" IS DISTINCT FROM (new_values."subject_kind") OR old_values."subject_label" IS DISTINCT FROM (new_values."subject_label") OR old_values."version" IS DISTINCT FROM (new_values."version") OR old_values."why_not" IS DISTINCT FROM (new_values."why_not")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='06e2e472b054193195e2c4ba9d51287fe021cd3e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_803fd', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='billing_message', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "billing_messageevent" ("asked_by_name", "asked_by_ref", "attempts", "cause", "created_at", "customer_id", "id", "kind", "language", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "resend_of_id", "sending_at", "sent_at", "state", "subject_id", "subject_kind", "subject_label", "version", "why_not") SELECT old_values."asked_by_name", old_values."asked_by_ref", old_values."attempts", old_values."cause", old_values."created_at", old_values."customer_id", old_values."id", old_values."kind", old_values."language", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."reference", old_values."resend_of_id", old_values."sending_at", old_values."sent_at", old_values."state", old_values."subject_id", old_values."subject_kind", old_values."subject_label", old_values."version", old_values."why_not" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='4460e9dcec6a13719b3d0d3029dc3a6097f040ea', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_3e5df', referencing='REFERENCING OLD TABLE AS old_values ', table='billing_message', when='AFTER')),
        ),
        migrations.RunSQL(HOLD, migrations.RunSQL.noop),
    ]
