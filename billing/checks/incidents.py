"""What was credited for outages against the movements of store credit that gave it."""

from billing.checks.check import sql_check

CHECKS = (
    sql_check(
        "incident_credits_are_given_as_found",
        "accounts of store credit: outages gave them what was found, and to nobody else",
        of="billing_creditaccount WHERE unit = 'money'",
        offenders="""
            SELECT i.reference || ' ' || c.reference || ': found ' || x.amount_minor || ' ' || x.currency
                || ', given ' || coalesce(e.amount, 0) || ' ' || coalesce(a.currency, '')
            FROM billing_incidentcredit x
            JOIN billing_incident i ON i.id = x.incident_id
            JOIN billing_customer c ON c.id = x.customer_id
            LEFT JOIN billing_creditentry e ON e.id = x.entry_id AND e.movement = 'grant'
            LEFT JOIN billing_creditaccount a ON a.id = e.account_id AND a.unit = 'money'
            WHERE x.entry_id IS NOT NULL AND (e.id IS NULL OR e.amount <> x.amount_minor
                OR a.customer_id IS DISTINCT FROM x.customer_id OR a.currency <> x.currency)""",
    ),
    sql_check(
        "outages_are_credited_once",
        "customers: none was credited twice for the same time of the same meter",
        of="billing_customer",
        offenders="""
            SELECT c.reference || ': ' || i.reference || ' and ' || j.reference
            FROM billing_incidentcredit x
            JOIN billing_incident i ON i.id = x.incident_id
            JOIN billing_incidentcredit y ON y.customer_id = x.customer_id
                AND y.incident_id > x.incident_id AND y.entry_id IS NOT NULL
            JOIN billing_incident j ON j.id = y.incident_id AND j.meter_id = i.meter_id
                AND j.starts_at < i.ends_at AND j.ends_at > i.starts_at
            JOIN billing_customer c ON c.id = x.customer_id
            WHERE x.entry_id IS NOT NULL""",
    ),
)
