from django.db import migrations

from tenants.rls import Protect


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        Protect("Event"),
        Protect("Alert"),
        Protect("AuditEvent", insert_only=True),
        Protect("AuditSeal", insert_only=True),
    ]
