"""pymagento, unmodified, against the twin over a socket: with a bearer token and with signed requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from magento import Magento
from magento.exceptions import MagentoException
from magento.queries import make_field_value_query, make_search_query
from requests.exceptions import HTTPError
from requests_oauthlib import OAuth1

from sandbox.app import App, create_app
from sandbox.server import Server


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = create_app(tmp_path)
    yield made
    made.close()


@pytest.fixture
def url(app: App) -> Iterator[str]:
    server = Server(app).start()
    yield server.url
    server.stop()


def _keys(app: App, shop: str) -> dict[str, Any]:
    shops = app.twins["magento"].seeded()["shops"]
    return dict(next(one for one in shops if one["code"] == shop)["integrations"][0])


@pytest.fixture(params=["bearer", "signed"])
def client(app: App, url: str, request: pytest.FixtureRequest) -> Magento:
    shop = "uk" if request.param == "bearer" else "main"
    keys = _keys(app, shop)
    made = Magento(token=keys["access_token"], base_url=f"{url}/magento/{shop}", batch_page_size=7)
    if request.param == "signed":
        made.headers.pop("Authorization")
        names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        made.auth = OAuth1(*(keys[name] for name in names), signature_method="HMAC-SHA256")
    return made


def test_orders_from_page_to_page(client: Magento) -> None:
    orders = list(client.get_orders())
    assert len(orders) == len({order["entity_id"] for order in orders}) == (24 if "uk" in client.base_url else 60)
    query = make_search_query([[("status", "complete", "eq"), ("status", "closed", "eq")], [("entity_id", "3,4,5,6", "in")]],
                              sort_orders=[("entity_id", "desc")])  # fmt: skip
    found = list(client.get_orders(query=query))
    assert found == [
        one for one in reversed(orders) if one["entity_id"] in (3, 4, 5, 6) and one["status"] in ("complete", "closed")
    ]
    assert found
    trimmed = list(client.get_paginated("/V1/orders", fields="increment_id", limit=3))
    assert trimmed == [{"increment_id": order["increment_id"]} for order in orders[:3]]


def test_an_order_from_placing_to_refund(client: Magento, app: App, url: str) -> None:
    shop = client.base_url.rsplit("/", 1)[1]
    placed = app.twins["magento"].command("place", {"shop": shop, "method": "purchaseorder", "lines": [["MUG/ENAMEL 2", 2]]})
    number = placed["orders"][0]["entity_id"]
    order = client.get_order(number)
    assert order is not None
    assert client.hold_order(number) is True
    assert client.unhold_order(number) is True
    invoice = client.get_invoice(client.create_order_invoice(number, {"capture": True}))
    assert invoice is not None
    assert invoice["grand_total"] == order["grand_total"]
    track = {"track_number": "JD01", "title": "DHL", "carrier_code": "dhl"}
    shipment = client.get_shipment(client.ship_order(number, {"tracks": [track]}))
    assert shipment is not None
    assert shipment["tracks"][0]["track_number"] == "JD01"
    assert client.set_order_status(order, "sent", external_order_id="QB-1")["ext_order_id"] == "QB-1"
    with pytest.raises(MagentoException, match="Shipment Document Validation"):
        client.ship_order(number, {})


def test_catalogue_and_stock(client: Magento) -> None:
    sku = "MUG/ENAMEL 2"
    product = client.get_product(sku)
    assert product is not None
    assert product["sku"] == sku
    assert [one["sku"] for one in client.get_products(query=make_field_value_query("sku", "%/%", "like"))] == [sku]
    client.save_source_items([{"sku": sku, "source_code": "default", "quantity": 5, "status": 1}])
    assert {one["quantity"] for one in client.get_source_items(sku=sku, source_code="default")} == {5}
    assert client.get_product_stock_item(sku)["qty"] == 5
    assert client.get_product("none", none_on_404=True) is None
    assert client.save_base_prices([{"sku": sku, "price": 21.5, "store_id": 0}]) == []
    assert client.get_store_configs()[0]["code"] == "default"


def test_many_at_once(client: Magento, app: App) -> None:
    answer = client.async_update_products([{"sku": "MUG/ENAMEL 2", "price": 20}, {"sku": "1E10", "price": 30}])
    app.world.clock.shift(10)
    status = client.get_bulk_status(answer["bulk_uuid"])
    assert [one["status"] for one in status["operations_list"]] == [1, 1]
    product = client.get_product("1E10")
    assert product is not None
    assert product["price"] == 30


def test_what_is_refused(app: App, url: str) -> None:
    keys = _keys(app, "main")
    bearer = Magento(token=keys["access_token"], base_url=f"{url}/magento/main")
    with pytest.raises(HTTPError, match="isn't authorized"):
        bearer.get_product("1E10")
    signed = Magento(token="unused", base_url=f"{url}/magento/main")
    signed.headers.pop("Authorization")
    signed.auth = OAuth1(keys["consumer_key"], keys["consumer_secret"], keys["access_token"], keys["access_token_secret"])
    with pytest.raises(HTTPError, match="Signature method"):
        signed.get_product("1E10")
