"""Every address of the partner API answers exactly the keys it should: by scope, and never across companies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tenants.models import ApiKey, AuditEvent
from tenants.partner.door import operation_of
from tenants.partner.scopes import READ_ONLY, Scope
from tenants.scope import tenant_scope
from tests.security.api_table import API
from tests.security.api_world import api_company, asking, doing, key_of, key_text, reading
from tests.security.routes import Route, routes
from tests.security.world import Company

pytestmark = pytest.mark.django_db(transaction=True)
DOORS = [route for route in routes() if route.name.startswith("api:")]
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(autouse=True)
def _plenty(settings: Any) -> None:
    settings.API_BURST = settings.API_HOURLY = 1_000_000


@pytest.fixture
def alder() -> Company:
    return api_company("Alderwood")


@pytest.fixture
def birch() -> Company:
    return api_company("Birchgrove")


def _operations() -> Iterator[tuple[Route, str, Any]]:
    for route in DOORS:
        for method in METHODS:
            operation = operation_of(getattr(route.view.view_class, method, None))
            if operation is not None:
                yield route, method, operation


def _address(route: Route, things: Company) -> str:
    return reverse(route.name, kwargs={name: things.ids[name] for name in route.arguments})


def _ask(client: Client, method: str, address: str) -> Any:
    extra = {} if method == "get" else {"data": {}, "content_type": "application/json"}
    return getattr(client, method)(address, headers={"Idempotency-Key": f"{method}-{address}"[:200], "If-Match": "*"}, **extra)


def test_every_method_has_a_row_and_asks_for_what_the_row_says() -> None:
    found: dict[str, dict[str, Scope | None]] = {}
    for route, method, operation in _operations():
        found.setdefault(route.name, {})[method] = operation.scope
    assert found == API


def test_no_door_takes_a_method_without_words() -> None:
    """A method that `operation` does not describe would be open to every key."""
    plain = [
        f"{route.name} {method}"
        for route in DOORS
        for method in METHODS
        if hasattr(route.view.view_class, method) and operation_of(getattr(route.view.view_class, method)) is None
    ]
    assert plain == []


def test_without_a_key_nothing_is_told(alder: Company) -> None:
    clients = [
        Client(),
        asking("tie_live_" + "0" * 46),
        asking(""),
        Client(headers={"Authorization": "Basic dGllOnRpZQ=="}),
    ]
    logged_in = Client()
    logged_in.force_login(alder.people["owner"])
    for client in [*clients, logged_in]:
        for route, method, _operation in _operations():
            response = _ask(client, method, _address(route, alder))
            assert response.status_code == 401, f"{method} {route.name}"
            assert response["WWW-Authenticate"].startswith("Bearer")
            assert response.json()["code"] == "api.no_key"
            assert alder.canary not in response.content.decode()


def test_a_key_without_the_scope_is_refused(alder: Company) -> None:
    """Each operation, asked with a key that may do everything but this."""
    for scope in Scope:
        client = asking(key_text(alder, *[each for each in Scope if each is not scope]))
        for route, method, operation in _operations():
            if operation.scope is scope:
                response = _ask(client, method, _address(route, alder))
                assert response.status_code == 403, f"{method} {route.name}"
                assert (response.json()["code"], scope.value in response.json()["detail"]) == ("api.scope_missing", True)


def test_a_key_with_the_one_scope_is_let_in(alder: Company) -> None:
    """Each reading operation, asked with a key that may do only this."""
    for scope in READ_ONLY:
        client = asking(key_text(alder, scope))
        for route, method, operation in _operations():
            if operation.scope is scope and method == "get":
                response = _ask(client, method, _address(route, alder))
                assert response.status_code == 200, f"{method} {route.name}: {response.content[:300]!r}"


def test_reading_keys_change_nothing(alder: Company) -> None:
    client = reading(alder)
    with tenant_scope(alder.tenant):
        before = AuditEvent.objects.count()
    for route, method, operation in _operations():
        if operation.scope not in READ_ONLY and operation.scope is not None:
            assert _ask(client, method, _address(route, alder)).status_code == 403, f"{method} {route.name}"
    with tenant_scope(alder.tenant):
        assert AuditEvent.objects.count() == before


def test_their_things_do_not_exist(alder: Company, birch: Company) -> None:
    """Every address of Birchgrove's things, every method, with Alderwood's strongest key: 404 and not a word of theirs."""
    client = doing(alder)
    for route, method, operation in _operations():
        if not route.arguments:
            continue
        response = _ask(client, method, _address(route, birch))
        refused = (404,) if operation.body is None else (404, 400)  # an empty body may be refused before anything is looked up
        assert response.status_code in refused, f"{method} {route.name}: {response.status_code}"
        assert birch.canary not in response.content.decode().replace(f"/{birch.canary}", ""), route.name
    with tenant_scope(birch.tenant):
        assert AuditEvent.objects.count() == 0


def test_lists_hold_ones_own_rows_only(alder: Company, birch: Company) -> None:
    client = doing(alder)
    for route, method, operation in _operations():
        if operation.listing is None or method != "get":
            continue
        text = _ask(client, method, _address(route, alder)).content.decode()
        assert birch.canary not in text, route.name
        assert not [value for value in birch.ids.values() if isinstance(value, str) and "_" in value and value in text], (
            route.name
        )


def test_filters_by_their_ids_find_nothing(alder: Company, birch: Company) -> None:
    client = doing(alder)
    names = {"integration", "run", "endpoint", "event", "ledger", "source"}
    for route, _method, operation in _operations():
        if operation.listing is None:
            continue
        for name, _filter in operation.listing.parameters:
            if name in names:
                theirs = {
                    "endpoint": "webhook_endpoint",
                    "event": "webhook_event",
                    "ledger": "connection",
                    "source": "connection",
                }
                response = client.get(_address(route, alder), {name: birch.ids[theirs.get(name, name)]})
                assert (response.status_code, response.json()["data"]) == (200, []), f"{route.name}?{name}"


def test_keys_that_are_over_open_nothing(alder: Company) -> None:
    from datetime import timedelta

    from tenants import clock
    from tenants.partner import keys

    expired, revoked = key_text(alder), key_text(alder)
    with tenant_scope(alder.tenant):
        keys.revoke_key(key=key_of(revoked))
    ApiKey.objects.filter(pk=key_of(expired).pk).update(expires_at=clock.now() - timedelta(seconds=1))
    for text in (expired, revoked):
        assert asking(text).get("/api/v1/me").status_code == 401
