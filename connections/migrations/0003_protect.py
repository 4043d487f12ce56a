from django.db import migrations

from tenants.rls import Protect


class Migration(migrations.Migration):
    dependencies = [("connections", "0002_initial")]

    operations = [
        Protect("TenantDataKey", secret=True),
        Protect("Grant"),
        Protect("GrantSecret", secret=True),
        Protect("Connection"),
        Protect("RawBlob"),
        Protect("SourceDocument"),
        Protect("ReferenceCopy"),
        Protect("ApiCall"),
        Protect("InboundNotice"),
    ]
