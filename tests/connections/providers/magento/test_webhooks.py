"""Deliveries of an Adobe Commerce shop: believed only where the key signed them, and then only a hint."""

from __future__ import annotations

import json

import pytest

from connections import registry
from connections.contracts import ORDERS
from connections.providers.magento.webhooks import HEADER
from sandbox.magento import signing

BODY = json.dumps(
    {"id": "e-1", "type": "observer.sales_order_save_after", "store": "uk", "data": {"order": {"entity_id": 12}}}
).encode()


@pytest.fixture
def receiver(twins):
    return registry.provider("magento").receiver


def test_what_the_key_signed_is_an_order_to_look_at(receiver) -> None:
    assert receiver.verify(registry.endpoints("magento", "twin"), {HEADER: signing.sign(BODY)}, BODY)
    (notice,) = receiver.notices(BODY)
    assert (notice.kind, notice.external_account, notice.external_id, notice.event_id) == (ORDERS, "uk", "12", "e-1")


@pytest.mark.parametrize("given", ["", "AAAA", "not base64!", signing.sign(BODY + b" ")])
def test_any_other_delivery_is_not_believed(receiver, given: str) -> None:
    assert not receiver.verify(registry.endpoints("magento", "twin"), {HEADER: given}, BODY)
    assert not receiver.verify(registry.endpoints("magento", "production"), {HEADER: signing.sign(BODY)}, BODY)


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        (b"", []),
        (b"[]", []),
        (b'{"type":"observer.sales_order_save_after"}', []),
        (
            b'{"store":"https://shop.example/","type":"observer.cataloginventory_stock_item_save_after"}',
            ["cataloginventory_stock_item_save_after"],
        ),
        (b'{"store":"uk","type":"observer.sales_order_save_after","data":{"order":{}}}', ["sales_order_save_after"]),
        (b'{"store":"uk","data":7}', ["unknown"]),
    ],
)
def test_what_cannot_be_read_leads_to_nothing(receiver, body: bytes, kinds: list[str]) -> None:
    assert [notice.kind for notice in receiver.notices(body)] == kinds
