"""The chain over the audit trail: whole when nothing was touched, broken by any touch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from tenants import sealing
from tenants.models import AuditEvent, AuditSeal, Tenant
from tenants.news import audit
from tenants.scope import tenant_scope
from tenants.tasks import seal_audit_trails

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    """Its events count as settled at once."""
    monkeypatch.setattr(sealing, "SETTLING", timedelta(0))
    row = Tenant.objects.create(name="Oak Ltd")
    with tenant_scope(row):
        for number in range(1, 4):
            audit("tested", row, after={"n": number, "text": "ü"})
        yield row


def change(owner: psycopg.Connection[Any], tenant: Tenant, statement: str) -> None:
    """As somebody who owns the database would, past the application."""
    owner.execute("SELECT set_config('app.tenant', %s, false)", [str(tenant.pk)])
    owner.execute(statement)


def test_events_are_sealed_in_order_and_the_chain_holds(tenant: Tenant) -> None:
    first = sealing.seal()
    audit("tested", tenant, after={"n": 4})
    second = sealing.seal()
    assert first is not None
    assert second is not None
    assert (first.seq, first.events, first.previous_root) == (1, 3, "")
    assert (second.seq, second.events, second.previous_root) == (2, 1, first.root)
    assert sealing.seal() is None
    verdict = sealing.verify()
    assert (verdict.state, verdict.seals, verdict.sealed, verdict.unsealed) == ("sealed", 2, 4, 0)


def test_young_events_wait(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SETTLING", timedelta(seconds=60))
    assert sealing.seal() is None
    assert sealing.verify().state == "unsealed"


@pytest.mark.parametrize(
    "touch",
    [
        "UPDATE tenants_auditevent SET after = '{\"n\": 9}' WHERE after->>'n' = '2'",
        "UPDATE tenants_auditevent SET actor_id = NULL, ip = '203.0.113.9' WHERE after->>'n' = '2'",
        "DELETE FROM tenants_auditevent WHERE after->>'n' = '3'",
        "INSERT INTO tenants_auditevent (tenant_id, id, public_id, created_at, actor_kind, action, subject_type, subject_id, before, after,"
        " reason, correlation_id) SELECT tenant_id, id - 1000000, 'aud_x', created_at, actor_kind, action, subject_type, subject_id, before,"
        " after, reason, correlation_id FROM tenants_auditevent LIMIT 1",
        "UPDATE tenants_auditseal SET root = repeat('0', 64)",
        "DELETE FROM tenants_auditseal WHERE seq = 1",
    ],
    ids=["changed", "disguised", "removed", "slipped in", "seal forged", "seal removed"],
)
def test_any_touch_breaks_it(tenant: Tenant, owner_connection: psycopg.Connection[Any], touch: str) -> None:
    sealing.seal()
    audit("tested", tenant, after={"n": 4})
    sealing.seal()
    assert sealing.verify().broken_at is None
    change(owner_connection, tenant, touch)
    assert sealing.verify().state == "broken"


def test_each_tenant_has_a_chain_of_its_own(tenant: Tenant) -> None:
    other = Tenant.objects.create(name="Ash Ltd")
    from tenants.scope import no_tenant

    with no_tenant():
        with tenant_scope(other):
            audit("tested", other)
        assert seal_audit_trails() == 2
        assert seal_audit_trails() == 0
        with tenant_scope(other):
            assert (AuditSeal.objects.count(), AuditEvent.objects.count()) == (1, 1)


def test_the_command_names_the_broken_one(tenant: Tenant, owner_connection: psycopg.Connection[Any], capsys: Any) -> None:
    from tenants.scope import no_tenant

    sealing.seal()
    with no_tenant():
        call_command("verify_audit")
        assert f"{tenant.public_id}  sealed" in capsys.readouterr().out
        change(owner_connection, tenant, "UPDATE tenants_auditevent SET action = 'forged'")
        with pytest.raises(CommandError, match=tenant.public_id):
            call_command("verify_audit")
