"""The orders of the lists of credit accounts and of what people did with credits."""

from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    dependencies = [("billing", "0020_seal_the_audit_trail")]

    operations = [
        migrations.AddIndex(
            model_name="creditaccount",
            index=models.Index(F("created_at").desc(), F("id").desc(), name="credit_account_newest_first"),
        ),
        migrations.AddIndex(
            model_name="creditaccount",
            index=models.Index(
                F("unit"), F("created_at").desc(), F("id").desc(), name="credit_account_by_unit"
            ),
        ),
        migrations.AddIndex(
            model_name="creditentry",
            index=models.Index(
                F("at").desc(),
                F("id").desc(),
                condition=models.Q(actor_kind="person"),
                name="credit_entry_by_hand",
            ),
        ),
        migrations.AddIndex(
            model_name="creditentry",
            index=models.Index(
                F("movement"),
                F("at").desc(),
                F("id").desc(),
                condition=models.Q(actor_kind="person"),
                name="credit_entry_by_hand_and_kind",
            ),
        ),
    ]
