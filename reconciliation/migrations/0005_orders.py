import django.db.models.deletion
import tenants.fields
from django.db import migrations, models

from tenants.rls import Protect


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0005_blob_references'),
        ('reconciliation', '0004_changed_after_posting'),
        ('syncs', '0007_wider_scope'),
        ('tenants', '0002_protect'),
    ]

    operations = [
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(editable=False, max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('order_id', models.CharField(max_length=64)),
                ('status', models.CharField(max_length=16)),
                ('stated_status', models.CharField(max_length=40)),
                ('purchased_at', models.DateTimeField()),
                ('source_updated_at', models.DateTimeField()),
                ('shipped_at', models.DateTimeField(blank=True, null=True)),
                ('currency', tenants.fields.CurrencyField(max_length=3)),
                ('gross', tenants.fields.AmountField()),
                ('stated_total', tenants.fields.AmountField(blank=True, null=True)),
                ('marketplace', models.CharField(blank=True, max_length=80)),
                ('fulfilled_by', models.CharField(max_length=12)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('synced', 'Synced'), ('ready', 'Ready'), ('held', 'Held'), ('in_settlement', 'In its settlement'), ('nothing', 'Nothing to post'), ('posted', 'Posted'), ('cancelled', 'Cancelled')], default='synced', max_length=14)),
                ('problem_code', models.CharField(blank=True, max_length=80)),
                ('problem_params', models.JSONField(default=dict)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('integration', tenants.fields.TenantKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='syncs.integration')),
                ('record', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='syncs.canonicalrecord')),
                ('source', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.connection')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', '-purchased_at', '-id'], name='order_by_day'), models.Index(fields=['tenant', 'state', '-purchased_at'], name='order_by_state'), models.Index(fields=['tenant', 'order_id'], name='order_by_number'), models.Index(fields=['tenant', 'source_updated_at'], name='order_by_change')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'source', 'order_id'), name='order_once')],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(editable=False, max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('order_ref', models.CharField(max_length=64)),
                ('refund_id', models.CharField(max_length=128)),
                ('posted_at', models.DateTimeField()),
                ('currency', tenants.fields.CurrencyField(max_length=3)),
                ('gross', tenants.fields.AmountField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('synced', 'Synced'), ('ready', 'Ready'), ('held', 'Held'), ('in_settlement', 'In its settlement'), ('nothing', 'Nothing to post'), ('posted', 'Posted'), ('cancelled', 'Cancelled')], default='synced', max_length=14)),
                ('problem_code', models.CharField(blank=True, max_length=80)),
                ('problem_params', models.JSONField(default=dict)),
                ('integration', tenants.fields.TenantKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='syncs.integration')),
                ('record', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='syncs.canonicalrecord')),
                ('source', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.connection')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', '-posted_at', '-id'], name='refund_by_day')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'source', 'order_ref', 'refund_id'), name='refund_once')],
            },
        ),
        Protect("Order"),
        Protect("Refund"),
    ]
