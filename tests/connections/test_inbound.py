"""Webhooks: verified, stored once, acknowledged at once, and never believed further than "look"."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from connections import inbound, tasks
from connections.models import Connection, InboundNotice
from tenants.models import Tenant
from tenants.scope import no_tenant
from tests.connections.fake_server import FakeServer


def deliver(body: Any, signature: str = "right") -> int:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with no_tenant():
        answer = Client().post(
            "/connections/fake/webhook/", data, content_type="application/json", headers={"x-fake-signature": signature}
        )
    assert answer.content == b""
    return answer.status_code


def event(number: int, company: str = "77") -> dict[str, str]:
    return {"id": f"evt-{number}", "company": company}


def test_a_signed_delivery_is_stored_and_makes_the_copy_stale(connection: Connection, fake: FakeServer) -> None:
    assert deliver([event(1), event(2)]) == 200
    assert InboundNotice.objects.filter(state="waiting").count() == 2
    assert fake.seen == []  # nothing is done while the provider waits
    tasks.process_notices(connection.tenant_id, connection.pk)
    assert InboundNotice.objects.filter(state="done").count() == 2
    row = Connection.objects.get()
    assert row.reference_synced_at is not None
    assert row.reference_stale_at is None


def test_the_same_event_ten_times_is_one(connection: Connection, fake: FakeServer) -> None:
    for _number in range(10):
        assert deliver([event(1)]) == 200
    assert InboundNotice.objects.count() == 1
    assert inbound.process(connection=connection) == 1
    assert deliver([event(1)]) == 200
    assert inbound.process(connection=connection) == 0


@pytest.mark.parametrize("signature", ["", "wrong", "Right"])
def test_a_delivery_without_a_valid_signature_leaves_no_trace(connection: Connection, fake: FakeServer, signature: str) -> None:
    assert deliver([event(1)], signature) == 401
    assert not InboundNotice.objects.exists()


def test_a_delivery_for_two_tenants_is_split(tenant: Tenant, connection: Connection, fake: FakeServer) -> None:
    assert deliver([event(1), event(2, "99")]) == 200
    notice = InboundNotice.objects.get()
    assert (notice.provider_event_id, notice.blob) == ("evt-1", None)


def test_unknown_provider_unknown_account_and_nonsense(connection: Connection, fake: FakeServer) -> None:
    with no_tenant():
        assert Client().post("/connections/nobody/webhook/", b"[]", content_type="application/json").status_code == 404
        assert Client().get("/connections/fake/webhook/").status_code == 405
    assert deliver([event(1, "unheard-of")]) == 200
    assert deliver(b"not json") == 400
    assert not InboundNotice.objects.exists()


def test_what_cannot_be_stored_is_not_acknowledged(
    connection: Connection, fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_more: object) -> None:
        raise DatabaseError("no space left")

    monkeypatch.setattr(inbound, "_store_for", full)
    assert deliver([event(1)]) == 503
