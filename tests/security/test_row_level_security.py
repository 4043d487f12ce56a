"""The walls in the database itself: asked of its catalogue, table by table, so that a new table cannot be forgotten."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import connection, models

from tenants.fields import TenantKey
from tenants.models import Alert, AuditEvent, Tenant
from tenants.rls import SESSION_TENANT
from tenants.scope import NoTenant, TenantMismatch, tenant_scope

# Tables outside row-level security, none with business data, each with the reason why it is read before a tenant is known.
GLOBAL = {
    "account_emailaddress": "login: whose address it is decides who may come in",
    "account_emailconfirmation": "login: the mailed link arrives without a tenant",
    "auth_group": "operators' groups",
    "auth_group_permissions": "operators' groups",
    "auth_permission": "Django's list of model permissions",
    "connections_accountroute": "webhooks arrive with nothing but the account; one ledger is active in one tenant only",
    "connections_breaker": "a provider's health is shared by all tenants; the scope is a digest",
    "connections_oauthstate": "the consent's callback arrives before any tenant is known; holds hashes",
    "connections_ratebudget": "an application's limits are shared by all tenants; the scope is a digest",
    "connections_straymessage": "messages of a provider's queue that name no tenant; the bytes are sealed",
    "django_admin_log": "what operators did in the console",
    "django_cache": "counters of the login's limits",
    "django_celery_beat_clockedschedule": "projection of schedules, no business data",
    "django_celery_beat_crontabschedule": "projection of schedules, no business data",
    "django_celery_beat_intervalschedule": "projection of schedules, no business data",
    "django_celery_beat_periodictask": "projection of schedules: ids and cadences",
    "django_celery_beat_periodictasks": "when the projection changed last",
    "django_celery_beat_solarschedule": "projection of schedules, no business data",
    "django_content_type": "Django's list of models",
    "django_migrations": "which migrations have run",
    "django_session": "who is logged in, before any tenant is chosen",
    "mfa_authenticator": "login: sealed second factors",
    "syncs_due": "the dispatcher claims over all tenants in one query: ids and times",
    "tenants_apikey": "whoever sends a key has nothing else; only its hash is kept",
    "tenants_apimeter": "requests are counted before the tenant is entered: numbers of keys and tenants",
    "tenants_invitation": "whoever holds the mailed token is not a member yet; only its hash is kept",
    "tenants_operatoract": "what operators did, searches over all tenants among it",
    "tenants_passwordused": "hashes of passwords that people had before",
    "tenants_writestop": "one row may stop writing for all tenants; ids and a reason",
    "usersessions_usersession": "where a person is logged in, for him to end it",
    "tenants_membership": "decides which tenants a person may enter",
    "tenants_tenant": "the tenants themselves",
    "tenants_user": "people, who may work for several tenants",
    "tenants_user_groups": "operators' groups",
    "tenants_user_user_permissions": "operators' rights",
}
# Bulk tables go without the foreign key: checking it alone makes loading 1.7 times slower.
WITHOUT_KEYS = {"reconciliation_settlementline"}

pytestmark = pytest.mark.django_db


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _tables() -> set[str]:
    return {
        row[0]
        for row in _rows("SELECT relname FROM pg_class WHERE relkind IN ('r','p') AND relnamespace = 'public'::regnamespace")
    }


def _tenant_tables() -> set[str]:
    """Tables with a tenant_id that are not on the list of global ones."""
    having = _rows(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id'"
    )
    return {row[0] for row in having} & _tables() - set(GLOBAL)


def test_every_table_is_behind_the_wall_or_on_the_list() -> None:
    assert _tables() - _tenant_tables() == set(GLOBAL)


def test_every_tenant_table_forces_row_level_security() -> None:
    flags = {
        name: (enabled, forced)
        for name, enabled, forced in _rows("SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class")
    }
    assert {table for table in _tenant_tables() if flags[table] != (True, True)} == set()


def test_every_tenant_table_has_one_policy_for_reading_and_writing() -> None:
    wanted = "(tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::bigint)"
    policies = {
        table: (reading, writing)
        for table, reading, writing in _rows("SELECT tablename, qual, with_check FROM pg_policies WHERE policyname = 'tenant'")
    }
    assert SESSION_TENANT == "nullif(current_setting('app.tenant', true), '')::bigint"
    assert {table: policies.get(table) for table in _tenant_tables()} == dict.fromkeys(_tenant_tables(), (wanted, wanted))


def test_no_other_policy_lets_the_application_in() -> None:
    others = _rows("SELECT tablename, policyname, roles::text, cmd FROM pg_policies WHERE policyname <> 'tenant'")
    assert {(roles, command) for _table, _name, roles, command in others} <= {("{tieout_console}", "SELECT")}


def test_no_user_of_the_product_is_above_the_policies() -> None:
    users = _rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'tieout_%' AND (rolsuper OR rolbypassrls)")
    assert users == []
    assert _rows("SELECT current_user") == [("tieout_app",)]


def test_keys_between_rows_of_a_tenant_hold_the_tenant() -> None:
    """A plain foreign key would accept another tenant's row: its check does not see the policies."""
    kept = _rows(
        """SELECT conrelid::regclass::text, confrelid::regclass::text, array_length(conkey, 1),
                  (SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY(conkey))
           FROM pg_constraint WHERE contype = 'f'"""
    )
    inside = [(table, target, columns) for table, target, _n, columns in kept if {table, target} <= _tenant_tables()]
    assert [(table, target) for table, target, columns in inside if "tenant_id" not in columns] == []
    made = {(table, column) for table, _target, columns in inside for column in columns if column != "tenant_id"}
    wanted = {
        (model._meta.db_table, f.column)
        for model in apps.get_models()
        for f in model._meta.local_fields
        if isinstance(f, TenantKey)
    }
    assert wanted - made == set()


def test_every_model_key_towards_a_tenant_table_is_a_tenant_key() -> None:
    plain = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and not isinstance(field, TenantKey)
        and field.related_model._meta.db_table in _tenant_tables()
    ]
    assert plain == []


@pytest.mark.django_db(transaction=True)
def test_another_tenants_rows_can_neither_be_read_nor_changed_nor_written() -> None:
    here, there = Tenant.objects.create(name="Here"), Tenant.objects.create(name="There")
    with tenant_scope(there):
        Alert.objects.create(fingerprint="f", problem_code="c", subject_type="t", subject_id="i")
    with tenant_scope(here), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_alert")
        assert cursor.fetchone() == (0,)
        cursor.execute("UPDATE tenants_alert SET problem_code = 'changed'")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM tenants_alert")
        assert cursor.rowcount == 0
        with pytest.raises(Exception, match="row-level security"):
            cursor.execute(
                "INSERT INTO tenants_alert (tenant_id, public_id, created_at, fingerprint, problem_code, problem_params, subject_type,"
                " subject_id, count, state, last_seen_at) VALUES (%s, 'alr_x', now(), 'g', 'c', '{}', 't', 'i', 1, 'open', now())",
                [there.pk],
            )


def test_without_a_tenant_python_raises_and_sql_returns_nothing() -> None:
    tenant = Tenant.objects.create(name="Somebody")
    with tenant_scope(tenant):
        Alert.objects.create(fingerprint="f", problem_code="c", subject_type="t", subject_id="i")
    with pytest.raises(NoTenant):
        Alert.objects.count()
    assert _rows("SELECT count(*) FROM tenants_alert") == [(0,)]


@pytest.mark.django_db(transaction=True)
def test_the_tenant_cannot_change_inside_a_transaction() -> None:
    from django.db import transaction

    here, there = Tenant.objects.create(name="Here"), Tenant.objects.create(name="There")
    with tenant_scope(here), transaction.atomic(), pytest.raises(TenantMismatch), tenant_scope(there):
        pass


@pytest.mark.django_db(transaction=True)
def test_a_session_that_disagrees_begins_no_transaction() -> None:
    from django.db import transaction

    here, there = Tenant.objects.create(name="Here"), Tenant.objects.create(name="There")
    with tenant_scope(here):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant', %s, false)", [str(there.pk)])
        with pytest.raises(TenantMismatch), transaction.atomic():
            pass
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant', %s, false)", [str(here.pk)])


@pytest.mark.django_db(transaction=True)
def test_the_audit_trail_can_only_be_added_to() -> None:
    tenant = Tenant.objects.create(name="Audited")
    with tenant_scope(tenant):
        event = AuditEvent.objects.create(action="tested", subject_type="t", subject_id="i")
        for change in (
            "UPDATE tenants_auditevent SET action = 'forged'",
            "DELETE FROM tenants_auditevent",
            "TRUNCATE tenants_auditevent",
        ):
            with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
                cursor.execute(change)
        assert AuditEvent.objects.get(pk=event.pk).action == "tested"


@pytest.mark.django_db(transaction=True)
def test_the_console_reads_all_tenants_but_neither_secrets_nor_writes(console_connection: psycopg.Connection[Any]) -> None:
    tenant = Tenant.objects.create(name="Looked at")
    with tenant_scope(tenant):
        Alert.objects.create(fingerprint="f", problem_code="c", subject_type="t", subject_id="i")
    assert console_connection.execute("SELECT count(*) FROM tenants_alert").fetchone() == (1,)
    assert console_connection.execute("UPDATE tenants_alert SET problem_code = 'x'").rowcount == 0
    for table in ("connections_grantsecret", "connections_tenantdatakey", "connections_webhooksecret"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            console_connection.execute(f"SELECT * FROM {table}")
