"""What shops tell of orders besides the sale: the number for people, how it is paid, what was paid."""

from django.db import migrations, models

import tenants.fields


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0009_known_uploads")]

    operations = [
        migrations.AddField("order", "method", models.CharField(blank=True, default="", max_length=60)),
        migrations.AddField("order", "number", models.CharField(blank=True, default="", max_length=64)),
        migrations.AddField("order", "paid", tenants.fields.AmountField(blank=True, null=True)),
        migrations.AddField("refund", "method", models.CharField(blank=True, default="", max_length=60)),
        migrations.AddField("refund", "number", models.CharField(blank=True, default="", max_length=64)),
        migrations.AddIndex(
            "order", models.Index(fields=["tenant", "integration", "method", "purchased_at"], name="order_by_method")
        ),
    ]
