"""A shop's revenue goes to accounts of its own, beside the marketplaces': mapping sets tell the two apart."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("syncs", "0015_shapes")]

    operations = [
        migrations.AddField("mappingset", "channel", models.CharField(blank=True, default="", max_length=40)),
    ]
