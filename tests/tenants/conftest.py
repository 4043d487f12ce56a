"""A company, its owner, and somebody acting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tenants.models import Membership, Tenant, User
from tenants.news import Actor, acting
from tenants.scope import tenant_scope


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("olivia@oak.test", "a-long-enough-password", name="Olivia Oak")


@pytest.fixture
def tenant(owner: User) -> Iterator[Tenant]:
    """In scope, with the owner acting."""
    row = Tenant.objects.create(name="Oak Ltd", home_currency="GBP", country="GB", timezone="Europe/London")
    Membership.objects.create(user=owner, tenant=row, role="owner")
    with tenant_scope(row), acting(Actor(user=owner, kind="person", ip="192.0.2.7")):
        yield row
