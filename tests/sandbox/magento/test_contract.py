"""Everything that can be read, of every shop, against Magento's own schema."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from sandbox.app import App
from sandbox.magento.goods import GOODS
from tests.sandbox.magento.conftest import Caller

pytestmark = pytest.mark.usefixtures("shared")


@pytest.mark.parametrize("shop", ["main", "uk", "tokyo", "kuwait"])
def test_listings_and_single_objects(app: App, shop: str) -> None:
    caller = Caller(app, shop)
    for kind, single in (("orders", "orders"), ("invoices", "invoices"), ("creditmemos", "creditmemo"), ("shipments", "shipment"),
                         ("customers/search", "customers"), ("orders/items", "")):  # fmt: skip
        found = caller.search(kind)
        assert found["total_count"] == len(found["items"]) > 0
        if single:
            one = found["items"][-1]
            assert caller.get(f"{single}/{one.get('entity_id', one.get('id'))}") == one


def test_catalogue_and_stock(main: Caller) -> None:
    found = main.search("products", size=100)
    assert [one["sku"] for one in found["items"]] == list(GOODS)
    for sku, good in GOODS.items():
        one = main.get(f"products/{quote(sku, safe='')}")
        assert (one["sku"], one["type_id"]) == (sku, good.kind)
        assert main.get(f"stockItems/{quote(sku, safe='')}") == one["extension_attributes"]["stock_item"]
    for kind in ("inventory/source-items", "inventory/sources", "inventory/stocks", "products/attributes"):
        assert main.search(kind)["total_count"] > 0


def test_the_shop_itself(main: Caller) -> None:
    configs = main.get("store/storeConfigs")
    assert [(one["code"], one["base_currency_code"], one["default_display_currency_code"]) for one in configs] == [
        ("default", "USD", "USD"), ("de", "USD", "EUR"),
    ]  # fmt: skip
    assert configs[0]["base_url"] == "http://localhost:80/magento/main/"
    for path in ("store/storeViews", "store/websites", "store/storeGroups", "directory/countries", "directory/currency"):
        assert main.get(path)
    assert "Magento_AdobeCommerceWebhooks" not in main.get("modules")
    assert main.get("inventory/stock-resolver/website/base")["stock_id"] == 1


def test_the_judge_sees_a_wrong_key_type_and_gap(main: Caller) -> None:
    assert main.schema is not None
    operation = main.schema.find("GET", "/V1/orders/7")
    assert operation is not None
    order = main.get("orders/7")
    assert operation.response_problems(200, {**order, "grandTotal": 1}) == ["GET /V1/orders/{id}: : no property grandTotal"]
    assert operation.response_problems(200, {**order, "grand_total": "1"}) == [
        "GET /V1/orders/{id}: /grand_total: '1' is no number"
    ]
    del order["customer_email"]
    assert operation.response_problems(200, order) == ["GET /V1/orders/{id}: : customer_email is missing"]
    assert operation.response_problems(200, order, partial=True) == []
