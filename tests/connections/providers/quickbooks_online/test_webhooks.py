"""Deliveries: signed or refused; one notice per object, in the new shape and the old."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from connections.contracts import Endpoints, Environment
from connections.providers.quickbooks_online.provider import receiver

ENDPOINTS = Endpoints(Environment.TWIN, {}, extra={"webhook_key": "verifier-token"})
EVENT = {
    "specversion": "1.0",
    "id": "0b6c2f0e-7d1c-4c2e-9a53-3f0a7f2f1c11",
    "source": "intuit.dGVzdA==",
    "type": "qbo.account.updated.v1",
    "datacontenttype": "application/json",
    "time": "2026-11-20T08:01:02.345678901Z",
    "intuitentityid": "145",
    "intuitaccountid": "9130350000000000",
    "data": {},
}


def sign(body, key=b"verifier-token"):
    return base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()


def test_only_a_signed_delivery_is_ours():
    body = json.dumps([EVENT]).encode()
    assert receiver.verify(ENDPOINTS, {"intuit-signature": sign(body)}, body) is True
    assert receiver.verify(ENDPOINTS, {"intuit-signature": sign(body)}, body + b" ") is False
    assert receiver.verify(ENDPOINTS, {"intuit-signature": sign(body, b"other")}, body) is False
    assert receiver.verify(ENDPOINTS, {"intuit-signature": "\u00e9"}, body) is False
    assert receiver.verify(ENDPOINTS, {}, body) is False
    assert receiver.verify(Endpoints(Environment.TWIN, {}), {"intuit-signature": sign(body, b"")}, body) is False


def test_cloud_events_of_several_companies():
    other = {**EVENT, "id": "e2", "intuitaccountid": "42", "type": "qbo.journalentry.void.v1", "intuitentityid": "9"}
    first, second = receiver.notices(json.dumps([EVENT, other]).encode())
    assert (first.event_id, first.external_account, first.kind, first.external_id, first.operation) == (
        EVENT["id"],
        "9130350000000000",
        "account",
        "145",
        "updated",
    )
    assert first.at == datetime(2026, 11, 20, 8, 1, 2, 345678, UTC)
    assert (second.external_account, second.kind, second.operation) == ("42", "journalentry", "voided")


def test_the_older_shape():
    entity = {"name": "Invoice", "id": "145", "operation": "Void", "lastUpdated": "2026-04-01T12:00:00.000Z"}
    body = json.dumps(
        {"eventNotifications": [{"realmId": "4620", "dataChangeEvent": {"entities": [entity, {"id": "no name"}]}}]}
    ).encode()
    notice, *more = receiver.notices(body)
    assert more == []
    assert (notice.external_account, notice.kind, notice.external_id, notice.operation) == ("4620", "invoice", "145", "voided")
    assert receiver.notices(body)[0].event_id == notice.event_id != ""


@pytest.mark.parametrize("body", [b"", b"{", b"7", b"[7]", b"null", b'[{"type":"other.thing"}]', b'{"eventNotifications":7}'])
def test_what_is_neither_is_left_out(body):
    assert receiver.notices(body) == []
