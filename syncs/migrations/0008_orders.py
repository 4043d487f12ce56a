import django.db.models.deletion
import tenants.fields
from django.db import migrations, models

from tenants.rls import Protect


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0005_blob_references'),
        ('syncs', '0007_wider_scope'),
        ('tenants', '0002_protect'),
    ]

    operations = [
        migrations.AlterField(model_name="watermark", name="cursor", field=models.TextField()),
        migrations.CreateModel(
            name='RevenueClaim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(editable=False, max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('order_ref', models.CharField(max_length=64)),
                ('refund_ref', models.CharField(blank=True, max_length=128)),
                ('holder', models.CharField(choices=[('order', 'A document of its own'), ('settlement', 'Its settlement')], max_length=10)),
                ('amount', tenants.fields.AmountField(null=True)),
                ('document', tenants.fields.TenantKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='syncs.ledgerdocument')),
                ('ledger', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.connection')),
                ('source', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.connection')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'document'], name='revenue_claim_of_document')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'ledger', 'source', 'order_ref', 'refund_ref'), name='revenue_claim_once')],
            },
        ),
        Protect("RevenueClaim"),

        migrations.CreateModel(
            name='PaymentApplication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(editable=False, max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('amount', tenants.fields.AmountField()),
                ('payment', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='syncs.ledgerdocument')),
                ('target', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='syncs.ledgerdocument')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'target'], name='payment_application_of')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'payment', 'target'), name='payment_application_once')],
            },
        ),
        Protect("PaymentApplication"),
    ]
