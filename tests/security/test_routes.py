"""Every address answers exactly those it should: by role, and never across companies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from tenants.models import AuditEvent
from tenants.roles import PERMISSIONS, Role
from tenants.scope import tenant_scope
from tests.security.route_table import LIBRARY, LOGGED_IN, OUTSIDE, TENANT
from tests.security.routes import routes
from tests.security.world import Company, company
from tests.support.people import with_two_steps

pytestmark = pytest.mark.django_db(transaction=True)
OURS = [route for route in routes() if not route.name.startswith((*LIBRARY, "api:"))]


@pytest.fixture
def alder() -> Company:
    made = company("Alderwood")
    for role in ("owner", "admin"):  # whoever connects accounts has a second step
        with_two_steps(made.people[role])
    return made


@pytest.fixture
def birch() -> Company:
    return company("Birchgrove")


def _as(person: object) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(person)  # type: ignore[arg-type]
    return client


def _knocks(client: Client, address: str) -> Iterator[tuple[str, object]]:
    for method in ("get", "post"):
        response = getattr(client, method)(address)
        if response.status_code != 405:
            yield method, response


def test_every_route_has_a_row() -> None:
    names = {route.name for route in OURS}
    assert names == set(TENANT) | set(OUTSIDE)
    assert {route.name for route in OURS if route.of_tenant} == set(TENANT)


def test_the_views_ask_for_what_the_table_says() -> None:
    assert {route.name: route.view.permission for route in OURS if route.of_tenant} == TENANT


def test_strangers_are_sent_to_the_login(alder: Company) -> None:
    for route in OURS:
        if not route.of_tenant and OUTSIDE[route.name] != LOGGED_IN:
            continue
        for _method, response in _knocks(Client(), route.address(alder, alder)):
            assert response.status_code == 302, route.name  # type: ignore[attr-defined]
            assert response["Location"].startswith("/accounts/login/"), route.name  # type: ignore[index]


@pytest.mark.parametrize("role", [role for role in Role.values if role not in ("owner", "admin")])
def test_a_role_that_may_not_is_told_who_may(alder: Company, role: str) -> None:
    client = _as(alder.people[role])
    refused = [route for route in OURS if route.of_tenant and TENANT[route.name] not in PERMISSIONS[role]]
    for route in refused:
        for method, response in _knocks(client, route.address(alder, alder)):
            assert response.status_code == 403, f"{method} {route.name}"  # type: ignore[attr-defined]
            assert "Owner" in response.content.decode(), route.name  # type: ignore[attr-defined]


def test_a_viewer_can_read_every_page_meant_for_him(alder: Company) -> None:
    client = _as(alder.people["viewer"])
    # Their file is not kept in this small world, and nobody in it comes to visit us.
    absent = {"settlement_raw", "settlement_raw_line", "settlement_iif", "connections:visits", "connections:visits_live"}
    open_to_him = [r for r in OURS if r.of_tenant and TENANT[r.name] in PERMISSIONS["viewer"] and r.name not in absent]
    for route in open_to_him:
        response = client.get(route.address(alder, alder))
        assert response.status_code in (200, 204, 302, 405), f"{route.name}: {response.status_code}"


def test_another_company_does_not_exist(alder: Company, birch: Company) -> None:
    """Every address of Birchgrove, asked by Alderwood's owner: no such page, and not a word of theirs."""
    client = _as(alder.people["owner"])
    for route in [route for route in OURS if route.of_tenant]:
        for method, response in _knocks(client, route.address(birch, birch)):
            assert response.status_code == 404, f"{method} {route.name}"  # type: ignore[attr-defined]
            assert birch.canary not in response.content.decode(), route.name  # type: ignore[attr-defined]


def test_their_things_cannot_be_reached_through_ones_own_company(alder: Company, birch: Company) -> None:
    client = _as(alder.people["owner"])
    things = {"settlement", "run", "schedule", "integration", "upload", "mapping", "invitation", "member", "connection", "call"}
    things |= {"key", "webhook", "delivery"}
    for route in [route for route in OURS if route.of_tenant and things & set(route.arguments)]:
        for method, response in _knocks(client, route.address(alder, birch)):
            assert response.status_code == 404, f"{method} {route.name}"  # type: ignore[attr-defined]
            assert birch.canary not in response.content.decode(), route.name  # type: ignore[attr-defined]
    with tenant_scope(birch.tenant):
        assert AuditEvent.objects.count() == 0


def test_a_change_of_role_holds_from_the_next_click(alder: Company) -> None:
    client = _as(alder.people["accountant"])
    post = next(route for route in OURS if route.name == "settlements_post").address(alder, alder)
    assert client.post(post).status_code == 302
    alder.people["accountant"].memberships.update(role="viewer")
    assert client.post(post).status_code == 403
