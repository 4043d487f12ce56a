from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0008_bank"),
    ]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="dismissed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="upload",
            name="state",
            field=models.CharField(
                choices=[("waiting", "Waiting"), ("read", "Read"), ("known", "Known already"), ("refused", "Refused")],
                default="waiting",
                max_length=8,
            ),
        ),
    ]
