import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0026_explain_invoices_and_their_tax")]

    operations = [
        migrations.CreateModel(
            name="BillingBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("worker", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("took_ms", models.PositiveIntegerField()),
                ("renewed", models.PositiveIntegerField(default=0)),
                ("ended", models.PositiveIntegerField(default=0)),
                ("invoices", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("totals", models.JSONField(blank=True, default=dict)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="billing_batches",
                        to="billing.run",
                    ),
                ),
            ],
            options={"indexes": [models.Index("run", "id", name="batches_of_run")]},
        ),
    ]
