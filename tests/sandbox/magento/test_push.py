"""Webhooks of Adobe Commerce: told of each saved order, signed with the shop's key; Open Source tells nobody."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.sandbox.magento.conftest import Caller
from tests.sandbox.magento.test_activation import Callback


@pytest.fixture
def callback() -> Iterator[Callback]:
    serving = Callback()
    yield serving
    serving.shutdown()
    serving.server_close()


def _wait(callback: Callback, count: int) -> None:
    end = time.monotonic() + 10
    while len(callback.told) < count and time.monotonic() < end:
        time.sleep(0.02)
    assert len(callback.told) >= count


def test_an_order_placed_and_changed_is_told_and_signed(uk: Caller, callback: Callback) -> None:
    told = uk.world("webhook", url=callback.url)
    key = load_pem_public_key(told["public_key"].encode())
    order = uk.place(method="purchaseorder")
    _wait(callback, 1)
    headers, body = callback.told[0]
    signature = base64.b64decode(headers[told["header"]])
    key.verify(signature, body, PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        key.verify(signature, body + b" ", PKCS1v15(), SHA256())
    event = json.loads(body)
    assert (event["type"], event["store"]) == ("observer.sales_order_save_after", "uk")
    assert event["data"]["order"]["increment_id"] == order["increment_id"]
    uk.post(f"order/{order['entity_id']}/invoice", {})
    _wait(callback, 2)
    assert json.loads(callback.told[1][1])["data"]["order"]["state"] == "processing"
    uk.world("stock", sku="1E10", quantity=4)
    _wait(callback, 3)
    assert json.loads(callback.told[2][1])["data"]["stock_item"] == {
        "sku": "1E10",
        "source_code": "default",
        "quantity": 4,
        "status": 1,
    }


def test_what_was_refused_waits_to_be_delivered(uk: Caller, callback: Callback) -> None:
    callback.status = 500
    uk.world("webhook", url=callback.url)
    uk.place(method="purchaseorder")
    _wait(callback, 1)
    callback.status = 200
    uk.world("deliver")
    _wait(callback, 2)
    assert callback.told[-1][1] == callback.told[0][1]


def test_open_source_has_none(main: Caller) -> None:
    answer = main.http.post("/world/magento/webhook", json={"shop": "main", "url": "http://127.0.0.1:1/"})
    assert (answer.status_code, "no webhooks" in answer.json["error"]) == (400, True)
