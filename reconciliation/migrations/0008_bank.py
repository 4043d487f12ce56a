import django.db.models.deletion
import tenants.fields
from django.conf import settings
from django.db import migrations, models

from tenants.rls import Protect


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0005_blob_references'),
        ('reconciliation', '0007_console'),
        ('tenants', '0002_protect'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BankAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(editable=False, max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('external_id', models.CharField(max_length=120)),
                ('name', models.CharField(max_length=255)),
                ('currency', tenants.fields.CurrencyField(blank=True, default='', max_length=3)),
                ('layouts', models.JSONField(default=dict)),
                ('ledger', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.connection')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
        ),
        migrations.CreateModel(
            name='BankLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(editable=False, max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('line', models.PositiveIntegerField()),
                ('booked_on', models.DateField()),
                ('amount', tenants.fields.AmountField()),
                ('currency', tenants.fields.CurrencyField(max_length=3)),
                ('description', models.CharField(blank=True, max_length=500)),
                ('reference', models.CharField(blank=True, max_length=120)),
                ('external_id', models.CharField(blank=True, max_length=255)),
                ('mark', models.CharField(max_length=64)),
                ('account', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reconciliation.bankaccount')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
        ),
        migrations.CreateModel(
            name='BankMatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(editable=False, max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('why', models.CharField(choices=[('only', 'The only line that fits by amount and day'), ('trace', "The line names the payout's trace number"), ('person', 'Chosen by a person')], max_length=8)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_reason', models.CharField(blank=True, max_length=200)),
                ('refused', models.BooleanField(default=False)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('line', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reconciliation.bankline')),
                ('matched_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('payout', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reconciliation.payout')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
            ],
        ),
        migrations.CreateModel(
            name='BankStatement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(editable=False, max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('file_name', models.CharField(blank=True, max_length=255)),
                ('size', models.BigIntegerField(default=0)),
                ('format', models.CharField(choices=[('csv', 'CSV'), ('ofx', 'OFX'), ('camt053', 'camt.053'), ('ledger', 'Deposits in the ledger')], max_length=8)),
                ('state', models.CharField(choices=[('asks', 'Needs an answer'), ('read', 'Read'), ('refused', 'Cannot be read')], default='asks', max_length=8)),
                ('problems', models.JSONField(default=list)),
                ('currency', tenants.fields.CurrencyField(blank=True, default='', max_length=3)),
                ('starts_on', models.DateField(blank=True, null=True)),
                ('ends_on', models.DateField(blank=True, null=True)),
                ('opening', tenants.fields.AmountField(blank=True, null=True)),
                ('closing', tenants.fields.AmountField(blank=True, null=True)),
                ('adds_up', models.BooleanField(blank=True, null=True)),
                ('line_count', models.PositiveIntegerField(default=0)),
                ('known_count', models.PositiveIntegerField(default=0)),
                ('facts', models.JSONField(default=dict)),
                ('account', tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reconciliation.bankaccount')),
                ('blob', tenants.fields.TenantKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='connections.rawblob')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant')),
                ('uploaded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='bankline',
            name='statement',
            field=tenants.fields.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reconciliation.bankstatement'),
        ),
        migrations.AddConstraint(
            model_name='bankaccount',
            constraint=models.UniqueConstraint(fields=('tenant', 'ledger', 'external_id'), name='bank_account_once'),
        ),
        migrations.AddIndex(
            model_name='bankmatch',
            index=models.Index(fields=['tenant', 'payout', 'line'], name='bank_match_pair'),
        ),
        migrations.AddConstraint(
            model_name='bankmatch',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('tenant', 'line'), name='bank_match_line_once'),
        ),
        migrations.AddConstraint(
            model_name='bankmatch',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('tenant', 'payout'), name='bank_match_payout_once'),
        ),
        migrations.AddIndex(
            model_name='bankstatement',
            index=models.Index(fields=['tenant', 'account', 'starts_on'], name='bank_statement_span'),
        ),
        migrations.AddIndex(
            model_name='bankline',
            index=models.Index(fields=['tenant', 'account', '-booked_on'], name='bank_line_recent'),
        ),
        migrations.AddConstraint(
            model_name='bankline',
            constraint=models.UniqueConstraint(fields=('tenant', 'account', 'mark'), name='bank_line_once'),
        ),
        Protect("BankAccount"),
        Protect("BankStatement"),
        Protect("BankLine"),
        Protect("BankMatch"),
    ]
