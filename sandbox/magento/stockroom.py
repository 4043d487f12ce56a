"""Products, prices and stock over the API: the catalogue, the older stock items, and sources (MSI)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.magento import goods, oauth, search
from sandbox.magento.calls import Call, amount
from sandbox.magento.errors import invalid, no_entity, no_product, required
from sandbox.magento.installation import Body

_READ_ONLY = ("id", "created_at", "updated_at", "custom_attributes", "extension_attributes")
STOCK = 1


def get_products(call: Call) -> Body:
    """Products are searched by any attribute, those that a merchant added as well. Raises Refusal 400 for an unknown one."""
    switches = call.found.switches
    criteria = search.parse(oauth.sent(call.request), limited=switches["input_limits"])
    bodies = list(call.found.all("product"))
    known = set(goods.ATTRIBUTES).union(*map(_searchable, bodies))
    if unknown := [name for name in criteria.fields if name not in known]:
        raise invalid('The "%1" attribute name is invalid. Reset the name and try again.', **{"1": unknown[0]})
    return search.among(bodies, criteria, repeats=switches["last_page_repeats"], facts=_searchable)


def _searchable(body: Body) -> Body:
    own = {one["attribute_code"]: one["value"] for one in body["custom_attributes"]}
    return {**own, **body, "entity_id": body["id"]}


def get_product(call: Call) -> Body:
    """One product, with its stock item as only the single answer has it."""
    body = _product(call)
    return {**body, "extension_attributes": {**body["extension_attributes"], "stock_item": _stock_item(call, body)}}


def _product(call: Call, sku: str | None = None) -> Body:
    body = call.found.named("product", call.path["sku"] if sku is None else sku)
    if body is None:
        raise no_product()
    return body


def create_product(call: Call) -> Body:
    """New, or changed when the SKU is there already: POST does both at Magento."""
    given = call.need("product")
    if not given.get("sku"):
        raise required("sku")
    old = call.found.named("product", str(given["sku"]))
    if old is not None:
        return _save(call, old, given)
    for name in ("name", "price"):
        if given.get(name) is None:
            raise invalid('The "%1" attribute value is empty. Set the attribute and try again.', **{"1": name})
    body: Body = {
        "id": call.found.next_id("product"), "sku": str(given["sku"]), "attribute_set_id": 4, "status": 1, "visibility": 4,
        "type_id": goods.SIMPLE, "created_at": call.found.stamp, "updated_at": call.found.stamp, "weight": 0,
        "extension_attributes": {"website_ids": [1]}, "product_links": [], "options": [], "media_gallery_entries": [],
        "tier_prices": [], "custom_attributes": given.get("custom_attributes") or [],
        **{name: value for name, value in given.items() if name not in _READ_ONLY},
    }  # fmt: skip
    call.found.add("product", body)
    stock = (given.get("extension_attributes") or {}).get("stock_item") or {}
    if body["type_id"] in (goods.SIMPLE, goods.VIRTUAL):
        goods.put_stock(call.found, body["sku"], "default", amount(stock.get("qty", 0), "qty"))
    return body


def save_product(call: Call) -> Body:
    """Change a product; PUT to a SKU that isn't there makes it, as at Magento."""
    given = {**call.need("product")}
    old = call.found.named("product", call.path["sku"])
    if old is None:
        call.body["product"] = {**given, "sku": call.path["sku"]}
        return create_product(call)
    return _save(call, old, given)


def _save(call: Call, body: Body, given: Body) -> Body:
    body |= {name: value for name, value in given.items() if name not in _READ_ONLY}
    own = {one["attribute_code"]: one for one in body["custom_attributes"]}
    own |= {one["attribute_code"]: one for one in given.get("custom_attributes") or []}
    body |= {"custom_attributes": list(own.values()), "updated_at": call.found.stamp}
    stock = (given.get("extension_attributes") or {}).get("stock_item") or {}
    if "qty" in stock:
        goods.put_stock(call.found, body["sku"], "default", amount(stock["qty"], "qty"))
    return call.found.save("product", body)


def base_prices(call: Call) -> list[Any]:
    """Prices of many; the answer lists only those that couldn't be set."""
    refused: list[Body] = []
    for one in call.array("prices"):
        body = call.found.named("product", str(one.get("sku")))
        if body is None:
            refused.append({"message": "The product that was requested doesn't exist. Verify the product and try again.",
                            "parameters": [str(one.get("sku"))]})  # fmt: skip
            continue
        call.found.save("product", {**body, "price": amount(one.get("price"), "price"), "updated_at": call.found.stamp})
    return refused


def base_prices_information(call: Call) -> list[Body]:
    bodies = (call.found.named("product", str(sku)) for sku in call.need("skus"))
    return [{"price": body["price"], "store_id": 0, "sku": body["sku"]} for body in bodies if body]


# The older stock items: one number a product, which is the default source's


def get_stock_item(call: Call) -> Body:
    return _stock_item(call, _product(call))


def put_stock_item(call: Call) -> int:
    """`{"stockItem": {"qty", "is_in_stock"}}`: sets, doesn't add. Answers the item's id."""
    body, given = _product(call), call.need("stockItem")
    if "qty" in given:
        status = None if given.get("is_in_stock") is None else int(bool(given["is_in_stock"]))
        goods.put_stock(call.found, body["sku"], "default", amount(given["qty"], "qty"), status)
    return int(body["id"])


def _stock_item(call: Call, product: Body) -> Body:
    held = call.found.named("source_item", f"default:{product['sku']}")
    quantity = held["quantity"] if held else 0
    rules = {
        "is_qty_decimal": False, "show_default_notification_message": False, "use_config_min_qty": True, "min_qty": 0,
        "use_config_min_sale_qty": 1, "min_sale_qty": 1, "use_config_max_sale_qty": True, "max_sale_qty": 10000,
        "use_config_backorders": True, "backorders": 0, "use_config_notify_stock_qty": True, "notify_stock_qty": 1,
        "use_config_qty_increments": True, "qty_increments": 0, "use_config_enable_qty_inc": True, "enable_qty_increments": False,
        "use_config_manage_stock": True, "manage_stock": True, "low_stock_date": None, "is_decimal_divided": False,
        "stock_status_changed_auto": 0,
    }  # fmt: skip
    salable = product["type_id"] in (goods.CONFIGURABLE, goods.BUNDLE) or bool(held and held["status"])
    return {
        "item_id": product["id"],
        "product_id": product["id"],
        "stock_id": STOCK,
        "qty": quantity,
        "is_in_stock": salable,
        **rules,
    }


# Sources and stocks


def source_item(body: Body) -> Body:
    return {name: body[name] for name in ("sku", "source_code", "quantity", "status")}


def get_source_items(call: Call) -> Body:
    return call.listing("source_item", source_item)


def put_source_items(call: Call) -> list[Any]:
    """Quantities as they are from now on, by SKU and source; all of them or none."""
    given = call.array("sourceItems")
    if not given:
        raise invalid("Input data is empty")
    for one in given:
        if (
            call.found.named("source", str(one.get("source_code"))) is None
            or call.found.named("product", str(one.get("sku"))) is None
        ):
            raise invalid("Validation Failed")
        quantity = amount(one.get("quantity"), "quantity")
        goods.put_stock(call.found, str(one["sku"]), str(one["source_code"]), quantity, int(one.get("status", quantity > 0)))
    return []


def source_items_delete(call: Call) -> list[Any]:
    for one in call.array("sourceItems"):
        held = call.found.named("source_item", f"{one.get('source_code')}:{one.get('sku')}")
        if held is not None:
            call.found.remove("source_item", held["id"])
    return []


def source(body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "id"}


def get_sources(call: Call) -> Body:
    return call.listing("source", source)


def get_source(call: Call) -> Body:
    body = call.found.named("source", call.path["code"])
    if body is None:
        raise no_entity("source_code", call.path["code"])
    return source(body)


def get_stocks(call: Call) -> Body:
    return {"items": [_stock()], "search_criteria": {"filter_groups": []}, "total_count": 1}


def resolve_stock(call: Call) -> Body:
    """Which stock a website sells out of."""
    if (call.path["type"], call.path["code"]) != ("website", "base"):
        raise no_entity("code", call.path["code"])
    return _stock()


def _stock() -> Body:
    return {
        "stock_id": STOCK,
        "name": "Default Stock",
        "extension_attributes": {"sales_channels": [{"type": "website", "code": "base"}]},
    }


def salable_quantity(call: Call) -> Decimal:
    """What can still be sold: in the sources, less what is ordered and not sent."""
    body = _product(call)
    if call.path["stock"] != str(STOCK):
        raise no_entity("stock_id", call.path["stock"])
    if body["type_id"] not in (goods.SIMPLE, goods.VIRTUAL):
        raise invalid("Can't check requested quantity for products without Source Items support.")
    return goods.salable(call.found, body["sku"])


def is_salable(call: Call) -> bool:
    return _product(call)["type_id"] not in (goods.SIMPLE, goods.VIRTUAL) or goods.salable(call.found, call.path["sku"]) > 0


def attribute(body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "id"}


def get_attributes(call: Call) -> Body:
    return call.listing("attribute", attribute)


def get_attribute(call: Call) -> Body:
    body = call.found.named("attribute", call.path["code"])
    if body is None:
        raise no_entity("attribute_code", call.path["code"])
    return attribute(body)
