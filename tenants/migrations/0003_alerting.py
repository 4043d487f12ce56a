import django.db.models.deletion
import tenants.fields
from django.conf import settings
from django.db import migrations, models

from tenants.rls import Protect


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_protect"),
    ]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="over_told_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="alert",
            name="state",
            field=models.CharField(
                choices=[("open", "Open"), ("resolved", "Resolved"), ("dismissed", "Put aside")], default="open", max_length=10
            ),
        ),
        migrations.CreateModel(
            name="AlertRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=40)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("name", models.CharField(max_length=80)),
                ("kinds", models.JSONField(default=list)),
                ("roles", models.JSONField(default=list)),
                ("emails", models.JSONField(default=list)),
                ("webhook_url", models.CharField(blank=True, max_length=500)),
                (
                    "webhook_format",
                    models.CharField(
                        choices=[("slack", "Slack and compatible (a text)"), ("generic", "Any receiver (JSON with all facts)")],
                        default="slack",
                        max_length=8,
                    ),
                ),
                (
                    "cadence",
                    models.CharField(
                        choices=[("now", "At once"), ("daily", "Once a day"), ("weekly", "Once a week")],
                        default="now",
                        max_length=6,
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="AlertPreference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=40)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "letters",
                    models.CharField(
                        choices=[
                            ("as_ruled", "As they come"),
                            ("daily", "One letter a day, when there is news"),
                            ("weekly", "One letter a week, when there is news"),
                            ("never", "None"),
                        ],
                        default="as_ruled",
                        max_length=8,
                    ),
                ),
                ("quiet_from", models.TimeField(blank=True, null=True)),
                ("quiet_until", models.TimeField(blank=True, null=True)),
                ("timezone", models.CharField(default="UTC", max_length=64)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("tenant", "user"), name="alert_preference_once")],
            },
        ),
        migrations.CreateModel(
            name="AlertDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=40)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("channel", models.CharField(choices=[("email", "E-mail"), ("webhook", "Webhook")], max_length=8)),
                ("target", models.CharField(max_length=500)),
                ("format", models.CharField(blank=True, max_length=8)),
                (
                    "news",
                    models.CharField(
                        choices=[("raised", "Trouble"), ("recovered", "Over again"), ("test", "Test")], max_length=10
                    ),
                ),
                ("alerts", models.JSONField(default=list)),
                ("digest", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                            ("no_news", "Over before it was due"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("not_before", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("locked_until", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.CharField(blank=True, max_length=200)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
                (
                    "rule",
                    tenants.fields.TenantKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.alertrule",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["tenant", "not_before"], name="alert_delivery_due"
                    ),
                    models.Index(fields=["tenant", "-id"], name="alert_delivery_recent"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("digest", True), ("state", "waiting")),
                        fields=("tenant", "channel", "target"),
                        name="alert_digest_gathers_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=40)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("page", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(blank=True, max_length=500)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("tenant", "user", "page", "name"), name="saved_view_once")],
            },
        ),
        Protect("AlertRule"),
        Protect("AlertPreference"),
        Protect("AlertDelivery"),
        Protect("SavedView"),
    ]
