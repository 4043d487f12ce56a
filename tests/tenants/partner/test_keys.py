"""A key's life: shown once, found by its hash, rolled with an overlap, revoked at once, and every act of it audited."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from canonical.problems import Refused
from tenants import clock
from tenants.models import ApiKey, AuditEvent, Tenant
from tenants.partner import keys
from tenants.partner.scopes import Scope
from tests.security.api_world import asking

READ = (Scope.SETTLEMENTS_READ,)


@pytest.fixture
def tenant(db: None):
    from tenants.scope import tenant_scope

    row = Tenant.objects.create(name="Oak Ltd")
    with tenant_scope(row):
        yield row


def test_the_text_is_nowhere_in_the_database(tenant: Tenant) -> None:
    key, text = keys.create_key(tenant=tenant, name="Warehouse", scopes=READ)
    assert text.startswith("tie_live_")
    assert str(key) == f"tie_live_…{text[-4:]}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(k)::text FROM tenants_apikey k")
        assert text not in cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(row_to_json(a)::text, '') FROM tenants_auditevent a")
        assert text not in cursor.fetchone()[0]
    assert keys.find_key(text) == key


def test_a_demo_companys_key_says_so(db: None) -> None:
    from tenants.scope import tenant_scope

    row = Tenant.objects.create(name="Demo", is_demo=True)
    with tenant_scope(row):
        assert keys.create_key(tenant=row, name="Demo", scopes=READ)[1].startswith("tie_test_")


def test_a_mistyped_key_is_refused_without_a_look(tenant: Tenant, django_assert_num_queries) -> None:
    _key, text = keys.create_key(tenant=tenant, name="Warehouse", scopes=READ)
    mistyped = text[:-8] + ("A" if text[-8] != "A" else "B") + text[-7:]
    with django_assert_num_queries(0):
        for wrong in ("", "tie_live_", mistyped, text + "0", f" {text}", text.replace("live", "test"), text.upper()):
            assert keys.find_key(wrong) is None
    with django_assert_num_queries(1):
        assert keys.find_key(keys.new_text(keys.LIVE)) is None


def test_ten_thousand_keys_are_ten_thousand_keys() -> None:
    made = {keys.new_text(keys.LIVE) for _each in range(10_000)}
    assert len(made) == 10_000
    assert all(keys.well_formed(text) for text in made)


def test_a_rolled_key_works_on_for_the_overlap(tenant: Tenant) -> None:
    old, old_text = keys.create_key(tenant=tenant, name="Warehouse", scopes=READ)
    fresh, text = keys.roll_key(key=old, overlap=timedelta(hours=1))
    assert (fresh.name, fresh.scopes) == ("Warehouse", ["settlements:read"])
    assert keys.find_key(old_text) is not None
    with clock.shifted(timedelta(hours=1, seconds=1)):
        assert keys.find_key(old_text) is None
        assert keys.find_key(text) == fresh


def test_a_roll_never_makes_a_key_live_longer(tenant: Tenant) -> None:
    ends = clock.now() + timedelta(minutes=10)
    old, old_text = keys.create_key(tenant=tenant, name="Short", scopes=READ, expires_at=ends)
    fresh, _text = keys.roll_key(key=old, overlap=timedelta(days=1))
    assert fresh.expires_at == ends
    with clock.shifted(timedelta(minutes=11)):
        assert keys.find_key(old_text) is None


def test_a_dead_key_cannot_be_rolled(tenant: Tenant) -> None:
    key, text = keys.create_key(tenant=tenant, name="Warehouse", scopes=READ)
    keys.revoke_key(key=key)
    keys.revoke_key(key=key)
    assert keys.find_key(text) is None
    with pytest.raises(Refused):
        keys.roll_key(key=key)
    acts = list(AuditEvent.objects.order_by("id").values_list("action", flat=True))
    assert acts == ["api_key.created", "api_key.revoked"]


def test_a_key_must_be_able_to_do_something(tenant: Tenant) -> None:
    with pytest.raises(Refused):
        keys.create_key(tenant=tenant, name="Idle", scopes=["everything"])
    assert not ApiKey.objects.exists()


def test_when_it_was_last_used_is_known_to_the_minute(tenant: Tenant) -> None:
    key, text = keys.create_key(tenant=tenant, name="Warehouse", scopes=READ)
    client = asking(text)
    client.get("/api/v1/me")
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    client.get("/api/v1/me")
    key.refresh_from_db()
    assert key.last_used_at == first
