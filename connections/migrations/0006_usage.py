import django.db.models.deletion
import tenants.fields
from django.db import migrations, models

from tenants.rls import Protect


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0005_blob_references"),
        ("tenants", "0003_alerting"),
    ]

    operations = [
        migrations.CreateModel(
            name="UsageDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=40)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("day", models.DateField()),
                ("operation", models.CharField(max_length=60)),
                ("calls", models.PositiveIntegerField(default=0)),
                ("metered", models.PositiveIntegerField(default=0)),
                ("throttled", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                (
                    "connection",
                    tenants.fields.TenantKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="connections.connection",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "connection", "day", "operation"), name="usage_day_once")
                ],
            },
        ),
        Protect("UsageDay"),
    ]
