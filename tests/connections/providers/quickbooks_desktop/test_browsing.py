"""What a company file holds is asked for on a page, brought by the next visit, and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from connections.models import Connection
from tenants.models import Membership, User
from tenants.scope import no_tenant, tenant_scope
from tests.connections.contract.browser import BrowserContract, Look
from tests.connections.providers.quickbooks_desktop.conftest import Desktop
from tests.support.people import with_two_steps


class DesktopLook(Look):
    provider, simplest = "quickbooks_desktop", "Account"

    def __init__(self, one: Desktop) -> None:
        self.one = one
        super().__init__(one.twins)

    def connect(self) -> Connection:
        return self.one.fresh()

    def wait(self) -> None:
        self.one.poll()


class TestLooking(BrowserContract):
    @pytest.fixture
    def look(self, desktop: Callable[..., Desktop]) -> Iterator[Look]:
        one = desktop()
        with tenant_scope(one.tenant):
            yield DesktopLook(one)


def test_a_page_says_that_it_waits_and_looks_again(desktop: Callable[..., Desktop]) -> None:
    one = desktop()
    person = User.objects.create_user("ola@kestrel.test", "a long enough password", name="Ola")
    with tenant_scope(one.tenant):
        Membership.objects.create(user=person, tenant=one.tenant, role="owner")
    browser = Client()
    browser.force_login(with_two_steps(person))
    where = f"/app/{one.tenant.public_id}/connections/{one.connection.public_id}/data/Account/"
    with no_tenant():
        waiting = browser.get(where)
        assert waiting.headers["Refresh"] == "15; url=?cursor="
        assert "waits until QuickBooks Desktop comes to fetch it" in waiting.content.decode()
        one.poll()
        brought = browser.get(where)
    assert "Refresh" not in brought.headers
    assert "Checking" in brought.content.decode()
