"""Every ledger's books, forgetful, in a tenant of their own on committed rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connections import vault
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.faults.desktop_books import DesktopBooks
from tests.faults.ledgers import Books, KashFlowBooks, OnlineBooks, XeroBooks

BOOKS: tuple[type[Books], ...] = (OnlineBooks, XeroBooks, KashFlowBooks, DesktopBooks)


@pytest.fixture(params=BOOKS, ids=lambda books: books.provider)
def books(request: pytest.FixtureRequest, transactional_db: None, twins: Any, settings: Any) -> Iterator[Books]:
    settings.CLOCK_OFFSET = 0.0
    if request.param is DesktopBooks:  # its Web Connector comes to us
        settings.PUBLIC_URL = request.getfixturevalue("live_server").url
    with tenant_scope(Tenant.objects.create(name="Paper & Ink")):
        made: Books = request.param(twins)
        made.forget_keys()
        yield made
        made.remember_keys()
    vault.forget_keys()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A thousand lost answers take longer than any other test may."""
    for item in items:
        if item.get_closest_marker("faults") is not None:
            item.add_marker(pytest.mark.timeout(3600))
