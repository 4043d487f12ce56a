from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tenants.models import Membership, Tenant, User
from tenants.news import Actor, acting
from tenants.scope import tenant_scope
from tests.connections.outbound.receiver import Receiver


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    """In scope, with its owner acting."""
    owner = User.objects.create_user("olivia@oak.test", "a-long-enough-password")
    row = Tenant.objects.create(name="Oak Ltd")
    Membership.objects.create(user=owner, tenant=row, role="owner")
    with tenant_scope(row), acting(Actor(user=owner, kind="person")):
        yield row
