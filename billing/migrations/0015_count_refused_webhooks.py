from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0014_hold_credits")]

    operations = [
        migrations.CreateModel(
            name="WebhookRefusal",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("source", models.CharField(max_length=16)),
                ("endpoint", models.CharField(blank=True, default="", max_length=32)),
                ("address", models.CharField(max_length=45)),
                ("reason", models.CharField(max_length=24)),
                ("window_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("times", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "indexes": [models.Index("window_at", name="webhook_refusals_by_time")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("address", "window_at", "source", "endpoint", "reason"),
                        name="webhook_refusals_are_counted_once",
                    )
                ],
            },
        ),
    ]
