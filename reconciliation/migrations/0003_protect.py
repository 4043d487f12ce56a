from django.db import migrations

from tenants.rls import Protect


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0002_initial"), ("syncs", "0003_protect")]

    operations = [
        Protect("Settlement"),
        Protect("SettlementLine"),
        Protect("Payout"),
        Protect("PayoutSettlement"),
        Protect("Upload"),
    ]
