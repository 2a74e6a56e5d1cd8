from django.db import migrations


class Migration(migrations.Migration):
    """The table that Django's database cache keeps its entries in."""

    dependencies = [("dashboard", "0001_members")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE dashboard_cache (
                cache_key varchar(255) PRIMARY KEY,
                value text NOT NULL,
                expires timestamptz NOT NULL
            );
            CREATE INDEX dashboard_cache_expires ON dashboard_cache (expires);
            """,
            "DROP TABLE dashboard_cache;",
        )
    ]
