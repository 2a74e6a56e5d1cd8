"""Contents of webhook events by month, so that a month can be dropped whole.

Months are made and dropped through two functions that run with the owner's rights: the application's role
may make no tables, and may drop nothing but a month that is over.
"""

import django.db.models.deletion
from django.db import migrations, models

PARTITION = """
ALTER TABLE billing_webhookpayload RENAME TO billing_webhookpayload_old;
CREATE TABLE billing_webhookpayload (
    event_id bigint NOT NULL,
    received_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    CONSTRAINT webhook_payload_is_stored_once PRIMARY KEY (event_id, received_at)
) PARTITION BY RANGE (received_at);
CREATE TABLE billing_webhookpayload_rest PARTITION OF billing_webhookpayload DEFAULT;
INSERT INTO billing_webhookpayload (event_id, received_at, body)
    SELECT p.event_id, e.received_at, p.body
    FROM billing_webhookpayload_old p JOIN billing_webhookevent e ON e.id = p.event_id;
DROP TABLE billing_webhookpayload_old;
"""

FUNCTIONS = """
CREATE FUNCTION billing_add_webhook_month(wanted date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    month date := date_trunc('month', wanted::timestamp)::date;
    name text := 'billing_webhookpayload_' || to_char(month, 'YYYY_MM');
    since timestamptz := month::timestamp AT TIME ZONE 'UTC';
    until timestamptz := (month + interval '1 month')::timestamp AT TIME ZONE 'UTC';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('billing_webhook_months'));
    IF to_regclass('public.' || name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.billing_webhookpayload INCLUDING ALL)', name);
    EXECUTE format(
        'WITH moved AS (DELETE FROM public.billing_webhookpayload_rest '
        'WHERE received_at >= %L AND received_at < %L RETURNING *) '
        'INSERT INTO public.%I SELECT * FROM moved', since, until, name);
    EXECUTE format(
        'ALTER TABLE public.billing_webhookpayload ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        name, since, until);
    RETURN true;
END $$;

CREATE FUNCTION billing_drop_webhook_month(wanted date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    month date := date_trunc('month', wanted::timestamp)::date;
    name text := 'billing_webhookpayload_' || to_char(month, 'YYYY_MM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('billing_webhook_months'));
    IF (month + interval '1 month')::timestamp AT TIME ZONE 'UTC' > now() THEN
        RAISE EXCEPTION 'the month % is not over', to_char(month, 'YYYY-MM')
            USING ERRCODE = 'check_violation', CONSTRAINT = 'webhook_month_is_dropped_after_its_end';
    END IF;
    IF to_regclass('public.' || name) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE public.%I', name);
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION billing_add_webhook_month(date), billing_drop_webhook_month(date) FROM PUBLIC;
"""

MONTHS_AHEAD = """
SELECT billing_add_webhook_month(((now() AT TIME ZONE 'UTC') + make_interval(months => ahead))::date)
FROM generate_series(0, 3) AS ahead
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_record_credits_of_a_gateway")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(PARTITION),
                migrations.RunSQL(FUNCTIONS),
                migrations.RunSQL(MONTHS_AHEAD),
            ],
            state_operations=[
                migrations.DeleteModel(name="WebhookPayload"),
                migrations.CreateModel(
                    name="WebhookPayload",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "event_id",
                                "received_at",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("received_at", models.DateTimeField()),
                        ("body", models.JSONField()),
                        (
                            "event",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="payloads",
                                to="billing.webhookevent",
                            ),
                        ),
                    ],
                ),
            ],
        )
    ]
