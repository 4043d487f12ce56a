"""Tenants with an active integration each, and no schedules yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connections.models import Connection, Grant
from syncs.models import Flow, FlowVersion, Integration, MappingSet
from tenants.models import Tenant
from tenants.scope import tenant_scope


def make_integration(name: str) -> Integration:
    """A tenant of this name and its integration; call outside any scope."""
    tenant = Tenant.objects.create(name=name)
    with tenant_scope(tenant):
        grant = Grant.objects.create(provider="amazon", environment="twin", application="a", provider_user=name)
        source, ledger = (
            Connection.objects.create(provider=key, environment="twin", external_account=f"{key}-{name}", name=name, grant=grant)
            for key in ("amazon", "quickbooks_online")
        )
        flow = Flow.objects.create(key="f", name="f")
        made: Integration = Integration.objects.create(
            source=source,
            ledger=ledger,
            name=name,
            state=Integration.State.ACTIVE,
            timezone="Europe/London",
            flow_version=FlowVersion.objects.create(flow=flow, number=1, document={}, doc_hash="x"),
            mapping_set=MappingSet.objects.create(ledger=ledger, name="m"),
        )
    return made


@pytest.fixture
def integration(db: None) -> Integration:
    return make_integration("Paper & Ink")


@pytest.fixture
def another(db: None) -> Callable[[str], Integration]:
    return make_integration
