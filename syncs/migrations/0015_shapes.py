"""Two more posting shapes: an invoice for the payout; a sale, a purchase and a transfer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("syncs", "0013_amend")]

    operations = [
        migrations.AlterField(
            model_name="integration",
            name="posting_shape",
            field=models.CharField(
                choices=[
                    ("summary_journal", "Summary journal"),
                    ("one_deposit", "One bank deposit"),
                    ("invoice", "Invoice for the payout"),
                    ("documents", "Sale, purchase and transfer"),
                ],
                default="summary_journal",
                max_length=20,
            ),
        ),
    ]
