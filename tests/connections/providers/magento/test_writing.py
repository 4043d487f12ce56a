"""What is written into a shop stands there once, and what the shop does not take is said."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connections.contracts import Consignment, StockLevel
from connections.errors import Failure, FailureKind
from connections.providers.magento import provider
from connections.providers.magento.writing import ARRAY_LIMIT

goods, writer = provider.product_source, provider.writer


def placed(shop, *lines):
    return str(shop.command("place", lines=[list(line) for line in lines or (("1E10", 2),)])["orders"][0]["entity_id"])


def test_a_comment_is_written_once_and_may_move_the_status(shop):
    connected = shop()
    order_id = placed(connected)
    where = (connected.door, connected.account, order_id, "Posted as sales receipt TIE-1.")
    assert writer.comment(*where, mark="doc_1", status="processing") is True
    assert writer.comment(*where, mark="doc_1") is False
    body = connected.door.call("getOrder", "GET", f"{connected.account.facts['base_url']}/rest/all/V1/orders/{order_id}").content
    assert body.count(b"[doc_1]") == 1
    assert b'"is_customer_notified":0' in body.replace(b" ", b"")


def test_a_parcel_is_sent_once(shop):
    connected = shop()
    order_id = placed(connected)
    parcel = Consignment(order_id, "dhl", "DHL", "JD0146", {}, "default")
    first = writer.ship(connected.door, connected.account, parcel)
    assert writer.ship(connected.door, connected.account, parcel) == first
    (shipment,) = goods.shipments(connected.door, connected.account, order_id)
    assert [track["track_number"] for track in shipment["tracks"]] == ["JD0146"]
    with pytest.raises(Failure) as failed:
        writer.ship(connected.door, connected.account, Consignment(order_id, "dhl", "DHL", "JD0147"))
    assert failed.value.kind is FailureKind.REJECTED
    assert "Shipment Document Validation" in failed.value.problem.text()


def test_stock_by_source_and_the_older_way(shop):
    connected = shop()
    connected.command("set", input_limits=True)
    skus = ["1E10", "MUG/ENAMEL 2", "LÄUFER-GRÜN", "OIL+WAX & CLOTH #1"]
    levels = [StockLevel(skus[index % 4], Decimal(index), "default") for index in range(ARRAY_LIMIT + 4)]
    writer.set_stock(connected.door, connected.account, levels)
    held = {
        one.sku: one.quantity for one in goods.source_items(connected.door, connected.account, skus) if one.place == "default"
    }
    assert held == {"1E10": 20, "MUG/ENAMEL 2": 21, "LÄUFER-GRÜN": 22, "OIL+WAX & CLOTH #1": 23}
    writer.set_stock(connected.door, connected.account, [StockLevel("MUG/ENAMEL 2", Decimal(7))])
    assert goods.stock_item(connected.door, connected.account, "MUG/ENAMEL 2").quantity == 7
    assert "default" in goods.sources(connected.door, connected.account)
    assert goods.salable(connected.door, connected.account, "1E10") >= 20


@pytest.mark.parametrize("code", ["main", "cloud"])
def test_many_at_once_by_the_shops_queue(shop, code):
    connected = shop(code)
    levels = [StockLevel("1E10", Decimal(77), "default"), StockLevel("NOT-SOLD", Decimal(1), "nowhere")]
    uuid = writer.bulk_stock(connected.door, connected.account, levels)
    assert writer.bulk_status(connected.door, connected.account, uuid).open == 2
    connected.twins.clock(shift=30)
    bulk = writer.bulk_status(connected.door, connected.account, uuid)
    assert (bulk.done, bulk.over, len(bulk.failed)) == (1, True, 1)
    assert bulk.failed[0]


def test_prices_products_and_customers(shop):
    connected = shop()
    with pytest.raises(Failure) as failed:
        writer.set_prices(connected.door, connected.account, {"1E10": Decimal("23.50"), "NOT-SOLD": Decimal(1)})
    assert failed.value.problem.code == "magento.not_taken"
    assert goods.product(connected.door, connected.account, "1E10").price == Decimal("23.50")
    writer.save_product(connected.door, connected.account, "MUG/ENAMEL 2", {"name": "Mugs", "attributes": {"colour": "blue"}})
    changed = goods.product(connected.door, connected.account, "MUG/ENAMEL 2")
    assert (changed.title, changed.attributes["colour"]) == ("Mugs", "blue")
    assert changed.quantity == goods.stock_item(connected.door, connected.account, "MUG/ENAMEL 2").quantity
    someone = next(iter(goods.customers(connected.door, connected.account)))
    saved = writer.save_customer(connected.door, connected.account, someone["customer_id"], {"lastname": "Renamed"})
    assert (saved["lastname"], saved["email"]) == ("Renamed", someone["party"].email)
    assert goods.attributes(connected.door, connected.account)


def test_the_catalogue_is_listed_whole_and_then_by_what_changed(shop):
    connected = shop()
    found = [one for page in goods.product_pages(connected.door, connected.account, since=None) for one in page.products]
    assert len(found) == len({one.sku for one in found}) == 15
    until = max(page.until for page in goods.product_pages(connected.door, connected.account, since=None))
    connected.twins.clock(shift=60)
    connected.command("edit_product", sku="1E10", price="24")
    later = [one.sku for page in goods.product_pages(connected.door, connected.account, since=until) for one in page.products]
    assert "1E10" in later


@pytest.mark.parametrize("kind", [kind.key for kind in provider.browser.entities])
def test_everything_it_holds_can_be_looked_at(shop, kind):
    connected = shop()
    assert "/" not in kind  # it stands in an address of ours
    page = provider.browser.page(connected.door, connected.account, kind)
    assert page.rows
    assert all(row[page.identity] for row in page.rows)
