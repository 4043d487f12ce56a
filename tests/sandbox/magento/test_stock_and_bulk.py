"""Catalogue, prices, stock and customers written over the API; many at once, done later."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import quote

import pytest

from tests.sandbox.magento.conftest import Caller

SLASH = "MUG/ENAMEL 2"
ENCODED = quote(SLASH, safe="")


def test_stock_is_set_not_added_and_orders_reserve_it(main: Caller) -> None:
    rows = [
        {"sku": SLASH, "source_code": source, "quantity": count, "status": 1}
        for source, count in (("default", 12), ("overflow", 3))
    ]
    assert main.post("inventory/source-items", {"sourceItems": rows}) == []
    held = main.search("inventory/source-items", ("sku", "eq", SLASH))["items"]
    assert {(one["source_code"], one["quantity"]) for one in held} == {("default", 12), ("overflow", 3)}
    open_before = 15 - main.get(f"inventory/get-product-salable-quantity/{ENCODED}/1")
    main.world("place", lines=[[SLASH, 2]])
    assert main.get(f"inventory/get-product-salable-quantity/{ENCODED}/1") == 15 - open_before - 2
    assert main.call("PUT", f"products/{ENCODED}/stockItems/2", {"stockItem": {"qty": 40, "is_in_stock": True}})[0] == 200
    assert main.get(f"stockItems/{ENCODED}")["qty"] == 40
    bad = {"sourceItems": [rows[0] | {"quantity": 1}, rows[0] | {"sku": "no-such"}]}
    assert main.refused("POST", "inventory/source-items", bad)[0] == 400
    assert main.get(f"stockItems/{ENCODED}")["qty"] == 40, "all or none"
    assert main.refused("GET", "inventory/get-product-salable-quantity/TEE-NAVY/1")[0] == 400


def test_products_prices_and_attributes(main: Caller) -> None:
    change = {
        "product": {
            "sku": SLASH,
            "name": "Enamel mugs",
            "custom_attributes": [{"attribute_code": "warehouse_bin", "value": "Z-9"}],
        }
    }
    main.app.world.clock.shift(60)
    before = main.get(f"products/{ENCODED}")
    changed = main.call("PUT", f"products/{ENCODED}", change)[1]
    values = {one["attribute_code"]: one["value"] for one in changed["custom_attributes"]}
    assert (changed["name"], values["warehouse_bin"], values["tax_class_id"]) == ("Enamel mugs", "Z-9", "2")
    assert changed["updated_at"] > before["updated_at"]
    assert changed["price"] == before["price"]
    refused = main.post(
        "products/base-prices", {"prices": [{"sku": "1E10", "price": Decimal("23.5"), "store_id": 0}, {"sku": "x", "price": 1}]}
    )
    assert [one["parameters"] for one in refused] == [["x"]]
    assert main.post("products/base-prices-information", {"skus": ["1E10"]})[0]["price"] == Decimal("23.5")
    assert main.place(lines=[["1E10", 1]])["subtotal"] == Decimal("23.5"), "orders are placed at the new price"
    new = {"product": {"sku": "NEW/1", "name": "New", "price": 5, "extension_attributes": {"stock_item": {"qty": 7}}}}
    assert main.post("products", new)["sku"] == "NEW/1"
    assert main.get(f"stockItems/{quote('NEW/1', safe='')}")["qty"] == 7
    assert main.refused("GET", "products/gone")[0] == 404
    assert [one["sku"] for one in main.search("products", ("warehouse_bin", "eq", "Z-9"))["items"]] == [SLASH]
    assert "attribute name is invalid" in main.refused("GET", "products", **{
        "searchCriteria[filterGroups][0][filters][0][field]": "colour", "searchCriteria[filterGroups][0][filters][0][value]": "red",
    })[1]  # fmt: skip


def test_customers(main: Caller) -> None:
    found = main.search("customers/search", ("email", "like", "%@example.test"), ("entity_id", "gt", 10))["items"]
    assert [one["id"] for one in found] == [11, 12]
    changed = found[0] | {"lastname": "Oneill"}
    assert main.call("PUT", "customers/11", {"customer": changed})[1]["lastname"] == "Oneill"
    new = {"email": "new@example.test", "firstname": "N", "lastname": "W"}
    assert main.get(f"customers/{main.post('customers', {'customer': new})['id']}")["email"] == "new@example.test"
    assert main.refused("POST", "customers", {"customer": new})[0] == 400
    assert main.refused("GET", "customers/999") == (404, "No such entity with %fieldName = %fieldValue")


def _bulk(main: Caller, method: str, path: str, body: object) -> dict[str, object]:
    answer = main.send(method, f"/magento/main/rest/all/async/bulk/V1/{path}", body)
    assert answer.status_code == 202, answer.get_data(as_text=True)
    return dict(answer.json)


def test_many_at_once_are_done_after_a_while_each_for_itself(main: Caller) -> None:
    rows = [
        {"sourceItems": [{"sku": sku, "source_code": "default", "quantity": 3, "status": 1}]}
        for sku in (SLASH, "no-such", "1E10")
    ]
    accepted = _bulk(main, "POST", "inventory/source-items", rows)
    assert accepted["request_items"] == [{"id": place, "data_hash": None, "status": "accepted"} for place in range(3)]
    assert accepted["errors"] is False
    number = accepted["bulk_uuid"]
    assert [one["status"] for one in main.get(f"bulk/{number}/status")["operations_list"]] == [4, 4, 4]
    assert main.get("stockItems/1E10")["qty"] != 3
    main.app.world.clock.shift(6)
    assert main.get("stockItems/1E10")["qty"] == 3
    found = main.get(f"bulk/{number}/detailed-status")
    assert [(one["status"], one["result_message"]) for one in found["operations_list"]] == [
        (1, "Service execution success saveSourceItems"), (3, "Validation Failed"), (1, "Service execution success saveSourceItems"),
    ]  # fmt: skip
    assert main.get(f"bulk/{number}/operation-status/3") == 1
    assert main.refused("GET", "bulk/none/status")[0] == 404


def test_parameters_of_the_path_come_with_each_element(main: Caller) -> None:
    orders = [main.place(method="purchaseorder")["entity_id"] for _ in range(2)]
    _bulk(main, "POST", "order/byOrderId/invoice", [{"orderId": number} for number in orders])
    _bulk(main, "PUT", "products/bySku", [{"product": {"sku": SLASH, "price": 77}}])
    main.app.world.clock.shift(6)
    assert all(main.get(f"orders/{number}")["total_due"] == 0 for number in orders)
    assert main.get(f"products/{ENCODED}")["price"] == 77


def test_a_refused_request_does_not_undo_the_queue(main: Caller) -> None:
    _bulk(
        main,
        "POST",
        "inventory/source-items",
        [{"sourceItems": [{"sku": "1E10", "source_code": "default", "quantity": 1, "status": 1}]}],
    )
    main.app.world.clock.shift(6)
    assert main.refused("GET", "orders/99999")[0] == 404
    assert main.world("stock", sku="1E10")["sources"]["default"] == 1


@pytest.mark.parametrize(("kind", "status", "content"), [("throttle", 429, "text/html"), ("500", 500, "application/json"),
                                                         ("503html", 503, "text/html"), ("revoke", 401, "application/json")])  # fmt: skip
def test_faults_in_magentos_own_words(main: Caller, kind: str, status: int, content: str) -> None:
    main.app.world.faults.add("magento", "listOrders", kind)
    where = main.address("orders") + "?searchCriteria=all"
    answer = main.send("GET", where)
    assert (answer.status_code, answer.mimetype) == (status, content)
    assert kind != "throttle" or answer.headers["Retry-After"] == "30"
    assert main.send("GET", where).status_code == (401 if kind == "revoke" else 200)


def test_maintenance(main: Caller) -> None:
    main.world("set", maintenance=True)
    answer = main.send("GET", main.address("orders") + "?searchCriteria=all")
    assert (answer.status_code, answer.mimetype, answer.headers["Retry-After"]) == (503, "text/html", "120")


def test_a_lost_answer_is_still_a_shipment(main: Caller) -> None:
    from sandbox.world import Cut

    number = main.place()["entity_id"]
    main.app.world.faults.add("magento", "shipOrder", "drop-after-commit")
    with pytest.raises(Cut):
        main.send("POST", main.address(f"order/{number}/ship"), {})
    assert main.search("shipments", ("order_id", "eq", number))["total_count"] == 1
