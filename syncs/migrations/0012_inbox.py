import django.db.models.deletion
import tenants.fields
from django.conf import settings
from django.db import migrations, models

from tenants.rls import LinkWithinTenant, Protect


class Migration(migrations.Migration):
    dependencies = [
        ("syncs", "0011_console"),
        ("tenants", "0003_alerting"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RecordEdit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=40)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("step", models.CharField(max_length=80)),
                ("field", models.CharField(max_length=60)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.AddField(
            model_name="syncrun",
            name="problem_code",
            field=models.CharField(blank=True, db_default="", max_length=80),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="problem_params",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name="workitem",
            name="problem_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="workitem",
            name="state",
            field=models.CharField(
                choices=[
                    ("ready", "Ready"),
                    ("waiting", "Waiting"),
                    ("held", "Held"),
                    ("done", "Done"),
                    ("dead", "Given up"),
                    ("closed", "Closed by hand"),
                ],
                default="ready",
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=40)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("fingerprint", models.CharField(max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("record", "Records"),
                            ("document", "Documents"),
                            ("run", "Runs"),
                            ("connection", "Connections"),
                            ("notice", "Notices"),
                        ],
                        max_length=10,
                    ),
                ),
                ("problem_code", models.CharField(max_length=80)),
                ("problem_params", models.JSONField(default=dict)),
                ("problem_where", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("hidden", "Put aside"), ("resolved", "Resolved")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("most", models.PositiveIntegerField(default=1)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("mended", "Worked afterwards"), ("by_hand", "Resolved by hand"), ("ignored", "Ignored")],
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "integration",
                    tenants.fields.TenantKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="syncs.integration",
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="workitem",
            name="case",
            field=tenants.fields.TenantKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="syncs.case",
            ),
        ),
        migrations.AddIndex(
            model_name="workitem",
            index=models.Index(condition=models.Q(("case__isnull", False)), fields=["tenant", "case"], name="work_item_of_case"),
        ),
        migrations.AddField(
            model_name="recordedit",
            name="by",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="recordedit",
            name="item",
            field=tenants.fields.TenantKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="syncs.workitem",
            ),
        ),
        migrations.AddField(
            model_name="recordedit",
            name="tenant",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["tenant", "state", "-resolved_at"], name="case_by_state"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["open", "hidden"])), fields=("tenant", "fingerprint"), name="case_open_once"
            ),
        ),
        migrations.AddIndex(
            model_name="recordedit",
            index=models.Index(fields=["tenant", "item", "id"], name="record_edit_of_item"),
        ),
        Protect("Case"),
        Protect("RecordEdit", insert_only=True),
        LinkWithinTenant("WorkItem", "case"),
    ]
