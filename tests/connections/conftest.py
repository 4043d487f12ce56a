"""What tests of connections share: a tenant to be in, people, and a small provider of our own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connections import vault
from tenants.models import Membership, Tenant, User
from tenants.scope import tenant_scope


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
    return person


@pytest.fixture
def viewer(tenant: Tenant) -> User:
    person = User.objects.create_user("viewer@kestrel.test", "a long enough password", name="Vi Viewer")
    Membership.objects.create(user=person, tenant=tenant, role="viewer")
    return person
