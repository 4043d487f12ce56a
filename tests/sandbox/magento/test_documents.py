"""What becomes of orders: lines and their parents, payment, invoices, shipments, credit memos, holds, comments, and `updated_at`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.magento.conftest import Caller

TEE, BOX, CAMP = "TEE-NAVY", "BOX-PICNIC", "SET-CAMP"


def _lines(order: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(item.get(name) for name in names) for item in order["items"]]


def test_a_configurable_has_the_money_and_its_child_the_stock(main: Caller) -> None:
    order = main.place(lines=[[TEE, 2]])
    parent, child = order["items"]
    assert (parent["product_type"], parent["row_total"], parent["tax_percent"]) == (
        "configurable",
        Decimal("49.8"),
        Decimal("8.25"),
    )
    assert (child["product_type"], child["row_total"], child["price"], child["tax_percent"]) == ("simple", 0, 0, 0)
    assert parent["sku"] == child["sku"] != TEE
    assert (child["parent_item_id"], child["parent_item"]["item_id"], child["qty_ordered"]) == (
        parent["item_id"],
        parent["item_id"],
        2,
    )


def test_bundles_of_both_price_kinds(main: Caller) -> None:
    fixed = main.place(lines=[[BOX, 2]])
    assert _lines(fixed, "product_type", "qty_ordered", "row_total") == [("bundle", 2, 118), ("simple", 2, 0), ("simple", 4, 0)]
    dynamic = main.place(lines=[[CAMP, 2]], off="0.10", coupon="AUTUMN10")
    assert _lines(dynamic, "product_type", "qty_ordered", "row_total", "discount_amount") == [
        ("bundle", 2, Decimal("121.94"), 0), ("simple", 2, Decimal("69.98"), Decimal(7)), ("simple", 4, Decimal("51.96"), Decimal("5.2")),
    ]  # fmt: skip
    assert (dynamic["subtotal"], dynamic["discount_amount"], dynamic["coupon_code"]) == (
        Decimal("121.94"),
        Decimal("-12.2"),
        "AUTUMN10",
    )


def test_prices_with_tax_and_a_coupon(uk: Caller) -> None:
    """35.00 less 10 percent is 31.50: 26.25 and 5.25 tax; the row stays 29.17 net, the missing tax is compensation."""
    uk.world("edit_product", sku="1E10", price="35.00")
    order = uk.place(lines=[["1E10", 1]], off="0.10", postage="0")
    item = order["items"][0]
    assert (item["row_total"], item["row_total_incl_tax"], item["tax_amount"], item["discount_amount"]) == (
        Decimal("29.17"), 35, Decimal("5.25"), Decimal("3.5"),
    )  # fmt: skip
    assert item["discount_tax_compensation_amount"] == order["discount_tax_compensation_amount"] == Decimal("0.58")
    assert order["grand_total"] == Decimal("31.5")


def test_two_currencies_each_round_for_themselves(main: Caller) -> None:
    order = main.place(lines=[["1E10", 3]], store="de", postage="0")
    assert (order["order_currency_code"], order["base_currency_code"], order["base_to_order_rate"]) == (
        "EUR",
        "USD",
        Decimal("0.9215"),
    )
    assert (order["base_subtotal"], order["subtotal"]) == (66, Decimal("60.81")), "3 times 20.27, not 66 at the rate"
    assert order["increment_id"].startswith("2")


def test_how_each_method_is_paid(main: Caller) -> None:
    card = main.place(method="braintree")
    assert (card["state"], card["total_due"], card["payment"]["additional_information"]) == ("processing", 0, ["Credit Card"])
    assert (
        card["payment"]["last_trans_id"]
        == main.search("invoices", ("order_id", "eq", card["entity_id"]))["items"][0]["transaction_id"]
    )
    terms = main.place(method="purchaseorder", customer=12)
    assert (terms["state"], terms["total_paid"], terms["total_due"]) == ("new", 0, terms["grand_total"])
    assert terms["payment"]["po_number"].startswith("PO-")
    assert terms["billing_address"]["vat_id"] == "GB123456789"
    assert main.place(guest=True)["customer_is_guest"] == 1
    assert "customer_id" not in main.place(guest=True)


def test_store_credit_and_gift_cards_pay_first_and_come_back_first(uk: Caller) -> None:
    order = uk.place(lines=[["1E10", 2]], credit="5", cards="10", postage="0")
    invoice = uk.search("invoices", ("order_id", "eq", order["entity_id"]))["items"][0]
    whole = order["subtotal_incl_tax"]
    assert (order["grand_total"], invoice["grand_total"]) == (whole - 15, whole - 15)
    assert invoice["extension_attributes"]["gift_cards_amount"] == 10
    one = uk.world("refund", order=order["entity_id"], items={"1E10": 1})
    assert Decimal(one["grand_total"]) == Decimal("3.71"), "half of 31.17 and of 6.23, each rounded, less 15"
    with pytest.raises(AssertionError, match="pay more"):
        uk.world("place", lines=[["00123-ROPE", 1]], credit="500")


def test_an_invoice_of_a_gateway_stays_open_until_captured(main: Caller) -> None:
    order = main.place(pay=False)
    number = main.post(f"order/{order['entity_id']}/invoice", {})
    assert main.get(f"invoices/{number}")["state"] == 1
    assert main.get(f"orders/{order['entity_id']}")["total_paid"] == 0
    assert main.post(f"invoices/{number}/capture") == "1"
    after = main.get(f"orders/{order['entity_id']}")
    assert (after["total_paid"], after["total_due"]) == (after["grand_total"], 0)
    assert main.refused("POST", f"invoices/{number}/capture")[0] == 400


def test_the_first_invoice_has_all_of_the_postage_and_nothing_is_idempotent(main: Caller) -> None:
    order = main.place(method="purchaseorder", lines=[["1E10", 3]])
    number, line = order["entity_id"], order["items"][0]["item_id"]
    body = {"items": [{"order_item_id": line, "qty": 1}]}
    made = [main.get(f"invoices/{main.post(f'order/{number}/invoice', body)}") for _ in range(3)]
    assert [one["shipping_amount"] for one in made] == [Decimal("7.5"), 0, 0]
    assert sum(one["grand_total"] for one in made) == order["grand_total"]
    status, message = main.refused("POST", f"order/{number}/invoice", body)
    assert (status, message.splitlines()[0]) == (400, "Invoice Document Validation Error(s):") or "quantity to invoice" in message


def test_shipping_takes_from_the_source_and_completes(main: Caller) -> None:
    order = main.place(lines=[[BOX, 1]])
    number = order["entity_id"]
    before = main.world("stock", sku="MUG/ENAMEL 2")
    body = {"tracks": [{"track_number": "JD01", "title": "DHL", "carrier_code": "dhl"}],
            "arguments": {"extension_attributes": {"source_code": "overflow"}}}  # fmt: skip
    shipment = main.get(f"shipment/{main.post(f'order/{number}/ship', body)}")
    after = main.world("stock", sku="MUG/ENAMEL 2")
    assert before["sources"]["overflow"] - after["sources"]["overflow"] == 1
    assert before["salable"] == after["salable"], "it was reserved when it was ordered"
    assert (shipment["tracks"][0]["track_number"], shipment["extension_attributes"]["source_code"]) == ("JD01", "overflow")
    assert main.get(f"orders/{number}")["state"] == "complete"
    assert main.refused("POST", f"order/{number}/ship", body)[0] == 400
    bad = {"tracks": [{"track_number": "JD01", "title": "DHL"}]}
    assert main.refused("POST", f"order/{main.place()['entity_id']}/ship", bad)[0] == 400


def test_credit_memos_online_offline_and_over_what_was_paid(main: Caller) -> None:
    order = main.place(lines=[["1E10", 2]])
    number = order["entity_id"]
    invoice = main.search("invoices", ("order_id", "eq", number))["items"][0]["entity_id"]
    line = order["items"][0]["item_id"]
    one = {"isOnline": True, "items": [{"order_item_id": line, "qty": 1}],
           "arguments": {"shipping_amount": 0, "adjustment_negative": 2, "extension_attributes": {"return_to_stock_items": [line]}}}  # fmt: skip
    before = main.world("stock", sku="1E10")["sources"]["default"]
    memo = main.get(f"creditmemo/{main.post(f'invoice/{invoice}/refund', one)}")
    assert (memo["grand_total"], memo["invoice_id"], memo["adjustment_negative"]) == (Decimal("21.82"), invoice, 2)
    assert memo["transaction_id"].startswith(order["payment"]["last_trans_id"])
    assert main.world("stock", sku="1E10")["sources"]["default"] == before + 1
    good_will = {"items": [{"order_item_id": line, "qty": 0}], "arguments": {"shipping_amount": 0, "adjustment_positive": 1000}}
    status, message = main.refused("POST", f"order/{number}/refund", good_will)
    assert status == 400
    assert "The most money available to refund is" in message
    main.post(f"order/{number}/refund", {"arguments": {"adjustment_positive": 2}})
    after = main.get(f"orders/{number}")
    assert (after["state"], after["total_refunded"]) == ("closed", after["total_paid"])
    assert main.refused("POST", f"order/{number}/refund", {})[0] == 400


def test_cancelling_holding_and_what_they_refuse(main: Caller) -> None:
    order = main.place(method="banktransfer")
    number = order["entity_id"]
    assert main.post(f"orders/{number}/hold") is True
    assert main.refused("POST", f"order/{number}/invoice", {})[0] == 400
    assert main.post(f"orders/{number}/unhold") is True
    assert main.get(f"orders/{number}")["state"] == "new"
    assert main.post(f"orders/{number}/cancel") is True
    after = main.get(f"orders/{number}")
    assert (after["state"], after["total_canceled"], after["items"][0]["qty_canceled"]) == ("canceled", order["grand_total"], 1)
    assert main.refused("POST", f"orders/{number}/cancel") == (400, "You cannot cancel this order.")
    assert main.refused("GET", "orders/99999")[0] == 404


def test_comments_states_and_addresses_are_written_back(main: Caller) -> None:
    number = main.place()["entity_id"]
    note = {"statusHistory": {"comment": "Posted as INV-1", "status": "posted", "is_customer_notified": 0, "is_visible_on_front": 0,
                              "parent_id": number}}  # fmt: skip
    assert main.post(f"orders/{number}/comments", note) is True
    order = main.get(f"orders/{number}")
    assert (order["status"], order["state"], order["status_histories"][0]["comment"]) == (
        "posted",
        "processing",
        "Posted as INV-1",
    )
    assert main.post("orders", {"entity": {"entity_id": number, "ext_order_id": "QB-9"}})["ext_order_id"] == "QB-9"
    address = {"entity": {"address_type": "shipping", "city": "Salem"}}
    assert main.call("PUT", f"orders/{number}", address)[1]["city"] == "Salem"
    shipping = main.get(f"orders/{number}")["extension_attributes"]["shipping_assignments"][0]["shipping"]
    assert shipping["address"]["city"] == "Salem"


def test_the_orders_updated_at_does_not_always_move(main: Caller) -> None:
    main.world("set", touch="never")
    order = main.place(method="purchaseorder")
    main.app.world.clock.shift(3600)
    main.post(f"order/{order['entity_id']}/invoice", {})
    main.world("refund", order=order["increment_id"])
    assert main.get(f"orders/{order['entity_id']}")["updated_at"] == order["updated_at"]
    newest = main.search("creditmemos", sort="entity_id DESC", size=1)["items"][0]
    assert newest["order_id"] == order["entity_id"]
    assert newest["created_at"] > order["updated_at"]
    main.world("set", touch="always")
    main.world("invoice", order=main.place(method="purchaseorder")["entity_id"])


def test_totals_by_method_tie_to_what_the_api_lists(main: Caller) -> None:
    day = main.app.world.now().strftime("%Y-%m-%d")
    main.place(method="purchaseorder", lines=[["1E10", 1]])
    made = main.place(method="paypal_express", lines=[["1E10", 2]], store="de")
    main.world("refund", order=made["entity_id"], items={"1E10": 1}, shipping=0)
    methods = main.world("totals", since=day)["methods"]
    assert set(methods) == {"purchaseorder", "paypal_express"}
    paypal, invoice = methods["paypal_express"]["EUR"], main.search("invoices", ("order_id", "eq", made["entity_id"]))["items"][0]
    assert (Decimal(paypal["ordered"]), Decimal(paypal["base_paid"])) == (made["grand_total"], invoice["base_grand_total"])
    memo = main.search("creditmemos", ("order_id", "eq", made["entity_id"]))["items"][0]
    assert (Decimal(paypal["refunded"]), Decimal(paypal["base_refunded"])) == (memo["grand_total"], memo["base_grand_total"])
    assert methods["purchaseorder"]["USD"]["invoiced_count"] == 0
