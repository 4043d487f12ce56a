"""Every ledger's books, forgetful, in a tenant of their own on committed rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connections import vault
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.faults.ledgers import BOOKS, Books


@pytest.fixture(params=BOOKS, ids=lambda books: books.provider)
def books(request: pytest.FixtureRequest, transactional_db: None, twins: Any, settings: Any) -> Iterator[Books]:
    settings.CLOCK_OFFSET = 0.0
    with tenant_scope(Tenant.objects.create(name="Paper & Ink")):
        made: Books = request.param(twins)
        made.forget_keys()
        yield made
        made.remember_keys()
    vault.forget_keys()
