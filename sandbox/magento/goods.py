"""What the shops sell: simples with awkward SKUs, a configurable with its variants, bundles of both price kinds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sandbox.magento.installation import Body, Installation
from sandbox.magento.money import rounded

SIMPLE, VIRTUAL, CONFIGURABLE, BUNDLE = "simple", "virtual", "configurable", "bundle"


@dataclass(frozen=True, slots=True)
class Good:
    """A product. `price` and `cost` in US dollars; `parts` are variants of a configurable or (SKU, quantity) of a bundle.

    A bundle without a price is dynamic: it costs what its parts cost.
    """

    sku: str
    name: str
    price: Decimal
    kind: str = SIMPLE
    parts: tuple[tuple[str, int], ...] = ()
    stock: int = 0
    cost: Decimal = Decimal(0)

    @property
    def dynamic(self) -> bool:
        return self.kind == BUNDLE and not self.price


def _simple(sku: str, name: str, price: str, stock: int) -> Good:
    value = Decimal(price)
    return Good(sku, name, value, stock=stock, cost=(value * 4 / 10).quantize(Decimal("0.01")))


GOODS: Final = {
    good.sku: good
    for good in (
        _simple("HP-LANTERN-BRASS", "Brass storm lantern, 28 cm", "34.99", 180),
        _simple("MUG/ENAMEL 2", "Enamel mug, set of two", "18.50", 240),
        _simple("00123-ROPE", "Hemp rope, 10 m", "12.99", 500),
        _simple("1E10", "Folding ruler, beech", "22.00", 90),
        _simple('PLATE-6"-BLUE', 'Stoneware plate 6", blue', "27.40", 60),
        _simple("OIL+WAX & CLOTH #1", "Care set for wood", "15.75", 120),
        _simple("LÄUFER-GRÜN", "Table runner, green", "41.25", 35),
        _simple("HP-CHAIR-FOLD", "Folding chair, ash and canvas", "124.95", 28),
        _simple("TEE-S-NAVY", "Work tee, navy, S", "24.90", 70),
        _simple("TEE-M-NAVY", "Work tee, navy, M", "24.90", 110),
        _simple("TEE-L-NAVY", "Work tee, navy, L", "24.90", 95),
        Good("TEE-NAVY", "Work tee, navy", Decimal("24.90"), CONFIGURABLE,
             (("TEE-S-NAVY", 1), ("TEE-M-NAVY", 1), ("TEE-L-NAVY", 1))),
        Good("BOX-PICNIC", "Picnic box", Decimal("59.00"), BUNDLE, (("MUG/ENAMEL 2", 1), ('PLATE-6"-BLUE', 2))),
        Good("SET-CAMP", "Camp set", Decimal(0), BUNDLE, (("HP-LANTERN-BRASS", 1), ("00123-ROPE", 2))),
        Good("COURSE-ROPE", "Knot course, online", Decimal("19.00"), VIRTUAL, stock=1000, cost=Decimal("3.00")),
    )
}  # fmt: skip

SOURCES: Final = {"default": "Default Source", "overflow": "Overflow warehouse"}
ATTRIBUTES: Final = {
    "sku": ("SKU", "text"), "name": ("Product Name", "text"), "price": ("Price", "price"), "cost": ("Cost", "price"),
    "weight": ("Weight", "weight"), "tax_class_id": ("Tax Class", "select"), "url_key": ("URL Key", "text"),
    "country_of_manufacture": ("Country of Manufacture", "select"), "size": ("Size", "select"),
    "warehouse_bin": ("Warehouse bin", "text"),
}  # fmt: skip
"""Attributes of products; the last is one that the merchant added."""
STATUS_ENABLED, VISIBLE_EVERYWHERE, NOT_VISIBLE = 1, 4, 1


def price_of(good: Good, found: Installation) -> Decimal:
    """In the shop's base currency, at its level of prices; what an editor changed it to, if one did."""
    product = found.named("product", good.sku)
    return Decimal(str(product["price"])) if product else rounded(good.price * found.shop.level, found.shop.currency)


def plant(found: Installation, since: str) -> None:
    """The catalogue and its stock, as of `since`."""
    for code, name in SOURCES.items():
        found.add("source", _source(found, code, name))
    for code, (label, kind) in ATTRIBUTES.items():
        found.add("attribute", _attribute(found, code, label, kind))
    ids: dict[str, int] = {}
    for good in GOODS.values():
        ids[good.sku] = found.next_id("product")
        found.add("product", _product(found, good, ids, since))
        if good.kind in (SIMPLE, VIRTUAL):
            overflow = good.stock // 4
            put_stock(found, good.sku, "default", Decimal(good.stock - overflow))
            put_stock(found, good.sku, "overflow", Decimal(overflow))


def put_stock(found: Installation, sku: str, source: str, quantity: Decimal, status: int | None = None) -> Body:
    """Set (not add to) what a source holds of a SKU."""
    key = f"{source}:{sku}"
    old = found.named("source_item", key)
    body = {
        "id": old["id"] if old else found.next_id("source_item"), "key": key, "sku": sku, "source_code": source,
        "quantity": quantity, "status": status if status is not None else int(quantity > 0),
    }  # fmt: skip
    return found.save("source_item", body) if old else found.add("source_item", body)


def _source(found: Installation, code: str, name: str) -> Body:
    return {
        "id": found.next_id("source"), "source_code": code, "name": name, "enabled": True, "country_id": found.shop.country,
        "postcode": "00000", "use_default_carrier_config": True, "carrier_links": [],
    }  # fmt: skip


def _attribute(found: Installation, code: str, label: str, kind: str) -> Body:
    """Magento declares some of its flags as text."""
    flags = ("is_searchable", "is_visible_in_advanced_search", "is_comparable", "is_used_for_promo_rules", "is_visible_on_front",
             "used_in_product_listing", "is_unique")  # fmt: skip
    number = 70 + found.next_id("attribute")
    return {
        "id": number, "attribute_id": number, "attribute_code": code, "frontend_input": kind, "entity_type_id": "4",
        "is_required": code in ("sku", "name", "price"), "options": [], "is_user_defined": code == "warehouse_bin",
        "default_frontend_label": label, "frontend_labels": [], "backend_type": "decimal" if kind == "price" else "varchar",
        "scope": "global", "is_visible": True, "is_filterable": False, "is_used_in_grid": False, "position": 0, "apply_to": [],
        "validation_rules": [], **dict.fromkeys(flags, "0"),
    }  # fmt: skip


def _product(found: Installation, good: Good, ids: dict[str, int], since: str) -> Body:
    variant = any(good.sku in dict(other.parts) for other in GOODS.values() if other.kind == CONFIGURABLE)
    body: Body = {
        "id": ids[good.sku], "sku": good.sku, "name": good.name, "attribute_set_id": 4,
        "price": rounded(good.price * found.shop.level, found.shop.currency), "status": STATUS_ENABLED,
        "visibility": NOT_VISIBLE if variant else VISIBLE_EVERYWHERE, "type_id": good.kind,
        "created_at": since, "updated_at": since, "weight": Decimal("0.8") if good.kind == SIMPLE else Decimal(0),
        "extension_attributes": {"website_ids": [1], **_composition(good, ids)}, "product_links": [], "options": [],
        "media_gallery_entries": [], "tier_prices": [],
        "custom_attributes": [
            {"attribute_code": "tax_class_id", "value": "2"},
            {"attribute_code": "url_key", "value": "".join(mark if mark.isalnum() else "-" for mark in good.sku.lower())},
            {"attribute_code": "cost", "value": f"{rounded(good.cost * found.shop.level, found.shop.currency)}"},
            {"attribute_code": "country_of_manufacture", "value": found.shop.country},
            {"attribute_code": "warehouse_bin", "value": f"B-{ids[good.sku]:03d}"},
        ],
    }  # fmt: skip
    return body


def _composition(good: Good, ids: dict[str, int]) -> dict[str, Any]:
    if good.kind == CONFIGURABLE:
        option = {
            "id": 1, "attribute_id": "144", "label": "Size", "position": 0,
            "values": [{"value_index": 5 + place} for place, _ in enumerate(good.parts)], "product_id": ids[good.sku],
        }  # fmt: skip
        return {"configurable_product_options": [option], "configurable_product_links": [ids[sku] for sku, _ in good.parts]}
    if good.kind == BUNDLE:
        return {"bundle_product_options": [_bundle_option(good, place) for place, _ in enumerate(good.parts)]}
    return {}


def _bundle_option(good: Good, place: int) -> dict[str, Any]:
    sku, quantity = good.parts[place]
    link = {
        "id": str(place + 1), "sku": sku, "option_id": place + 1, "qty": quantity, "position": 1, "is_default": True,
        "price": GOODS[sku].price, "price_type": 0, "can_change_quantity": 0,
    }  # fmt: skip
    return {
        "option_id": place + 1, "title": GOODS[sku].name, "required": True, "type": "select", "position": place + 1,
        "sku": good.sku, "product_links": [link],
    }  # fmt: skip


# Stock


def reserved(found: Installation, sku: str) -> Decimal:
    """Ordered, not yet sent and not cancelled: what Magento keeps as reservations. Counted inside of the database."""
    row = found.conn.execute(
        "SELECT sum(max(line.value ->> 'qty_ordered' - line.value ->> 'qty_shipped' - line.value ->> 'qty_canceled'"
        " - line.value ->> 'qty_refunded', 0)) FROM magento_document document, json_each(document.body, '$.items') line"
        " WHERE document.shop = ? AND document.kind = 'order' AND line.value ->> 'sku' = ? AND line.value ->> 'product_type' = ?"
        " AND document.body ->> 'state' NOT IN ('complete', 'closed', 'canceled')",
        (found.shop.code, sku, SIMPLE),
    ).fetchone()
    return Decimal(str(row[0] or 0))


def held(found: Installation, sku: str) -> Decimal:
    """What the sources hold together."""
    items = (found.named("source_item", f"{source}:{sku}") for source in SOURCES)
    return sum((Decimal(str(item["quantity"])) for item in items if item and item["status"]), Decimal(0))


def salable(found: Installation, sku: str) -> Decimal:
    return held(found, sku) - reserved(found, sku)
