"""What tests of connections share: a tenant to be in, people, and a small provider of our own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connections import budgets, oauth, registry, vault
from connections.contracts import ExternalAccount, TokenSet
from connections.models import Connection
from tenants.clock import now
from tenants.models import Membership, Tenant, User
from tenants.scope import tenant_scope
from tests.connections.fake_server import FakeServer
from tests.support.people import with_two_steps


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    """A tenant in scope. With `django_db(transaction=True)` its rows are committed, for tests with workers."""
    row = Tenant.objects.create(name="Kestrel Mugs", home_currency="USD")
    with tenant_scope(row):
        yield row
    vault.forget_keys()


@pytest.fixture
def owner(tenant: Tenant) -> User:
    person = User.objects.create_user("owner@kestrel.test", "a long enough password", name="Ola Owner")
    Membership.objects.create(user=person, tenant=tenant, role="owner")
    return with_two_steps(person)


@pytest.fixture
def viewer(tenant: Tenant) -> User:
    person = User.objects.create_user("viewer@kestrel.test", "a long enough password", name="Vi Viewer")
    Membership.objects.create(user=person, tenant=tenant, role="viewer")
    return person


@pytest.fixture
def fake(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """The fake provider, registered, with its server running."""
    server = FakeServer()
    monkeypatch.setitem(registry.PROVIDERS, "fake", "tests.connections.fake_provider")
    monkeypatch.setitem(registry.PROVIDERS, "other", "tests.connections.fake_provider")
    urls = {
        "api": server.url,
        "token": f"{server.url}/token",
        "revoke": f"{server.url}/revoke",
        "authorize": f"{server.url}/authorize",
    }
    place = {"urls": urls, "client_id": "client", "client_secret": "client-secret", "extra": {}}
    nobody = {**place, "client_id": ""}
    surroundings = {"twin": place, "vendor_sandbox": place, "production": nobody}
    settings.PROVIDERS = {**settings.PROVIDERS, "fake": surroundings, "other": surroundings}
    budgets.forget_leases()
    yield server
    server.close()


@pytest.fixture
def connection(tenant: Tenant, fake: FakeServer) -> Connection:
    """A connection to company 77 whose tokens are good for an hour, in the vendor's sandbox (real rates)."""
    fake.valid_access = "access-0"
    given = TokenSet("access-0", "refresh-0", access_expires=now() + timedelta(hours=1), scopes=("books",))
    account = ExternalAccount("77", "Company 77", currency="USD")
    return oauth.establish(provider="fake", environment="vendor_sandbox", region="", given=given, account=account)
