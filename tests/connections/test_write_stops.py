"""The kill switch at the door: what would be written waits, reading goes on, and everything resumes by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connections.errors import Action, Failure
from connections.http import door_for
from connections.models import Connection
from tenants import stops
from tenants.clock import shifted
from tenants.models import Tenant, User
from tenants.news import Actor, acting
from tenants.scope import no_tenant
from tests.connections.fake_server import FakeServer


def place(owner: User, tenant: Tenant | None, provider: str = "") -> object:
    with acting(Actor(user=owner, kind="operator")):
        if tenant is not None:
            return stops.stop_writes(tenant=tenant, provider=provider, lasts=timedelta(hours=1), reason="wrong sums are written")
        with no_tenant():
            return stops.stop_writes(tenant=None, provider=provider, lasts=timedelta(hours=1), reason="wrong sums are written")


@pytest.mark.parametrize(("mine", "provider"), [(True, ""), (True, "fake"), (False, ""), (False, "fake")])
def test_a_write_waits_and_a_read_goes_on(
    tenant: Tenant, owner: User, connection: Connection, fake: FakeServer, mine: bool, provider: str
) -> None:
    place(owner, tenant if mine else None, provider)
    door = door_for(connection)
    with pytest.raises(Failure) as refused:
        door.call("create", "POST", f"{fake.url}/thing", json={"a": 1}, writes=True)
    assert refused.value.problem.code == "connection.writes_stopped"
    assert refused.value.action is Action.RETRY
    assert timedelta(0) < refused.value.wait <= timedelta(minutes=5)
    assert "wrong sums are written" in refused.value.problem.text()
    assert door.call("read", "GET", f"{fake.url}/thing").status == 200


def test_other_companies_and_other_providers_go_on(tenant: Tenant, owner: User, connection: Connection, fake: FakeServer) -> None:
    place(owner, tenant, "xero")
    other = Tenant.objects.create(name="Other")
    with no_tenant():
        from tenants.scope import tenant_scope

        with tenant_scope(other):
            place(owner, other)
    assert door_for(connection).call("create", "POST", f"{fake.url}/thing", json={"a": 1}, writes=True).status == 200


def test_a_stop_ends_by_itself_or_when_it_is_lifted(
    tenant: Tenant, owner: User, connection: Connection, fake: FakeServer
) -> None:
    stop = place(owner, tenant)
    with shifted(timedelta(hours=1, seconds=1)):
        assert not stops.standing(tenant_id=tenant.pk).exists()
    with acting(Actor(user=owner, kind="operator")):
        assert stops.lift(stop=stop, reason="it was mended") is True  # type: ignore[arg-type]
        assert stops.lift(stop=stop, reason="it was mended") is False  # type: ignore[arg-type]
    assert door_for(connection).call("create", "POST", f"{fake.url}/thing", json={"a": 1}, writes=True).status == 200


def test_customers_see_the_stop_on_their_pages(tenant: Tenant, owner: User) -> None:
    from django.test import Client

    place(owner, tenant, "quickbooks_online")
    client = Client()
    client.force_login(owner)
    with no_tenant():
        page = client.get(f"/app/{tenant.public_id}/").content.decode()
    assert "Nothing is written to QuickBooks at the moment." in page
    assert "wrong sums are written" in page
