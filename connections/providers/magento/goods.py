"""The catalogue and the people of a shop, and everything else that can be read there: stock, sources, attributes.

Products are listed by what changed, as orders are. The other readings answer one question of a person or a flow and keep
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from canonical.commerce import Address, Party, Product
from connections.contracts import Door, Download, ExternalAccount, ProductPage, ProviderInfo, StockLevel

from . import client, fields, mapper
from .client import Filter, Search
from .fields import Body
from .orders import PAGE, newest_last

_ALWAYS = "1970-01-01 00:00:00"
SOLD = 1  # product status; 2 is disabled


class MagentoProducts:
    """The ProductSource of Magento, and its other readings."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    def product_pages(
        self, door: Door, account: ExternalAccount, *, since: datetime | None, token: str = ""
    ) -> Iterator[ProductPage]:
        search = Search("products", "listProducts", sort=("updated_at", "entity_id"), size=PAGE)
        for found, at in newest_last(door, account, search, token or (fields.stamp(since) if since else _ALWAYS)):
            products = client.read(partial(_products, found.items, account.currency))
            until = fields.moment({"at": at}, "at")
            yield ProductPage(products, Download(found.raw, "application/json", "utf-8"), token=at, until=until)

    # ------------------------------------------------------------ one question each

    def product(self, door: Door, account: ExternalAccount, sku: str) -> Product:
        """One product with its stock. Raises Failure NOT_FOUND."""
        answer = client.get(door, account, "getProduct", f"products/{segment(sku)}")
        return client.read(lambda: product(client.object_of(answer.content), account.currency))

    def customers(self, door: Door, account: ExternalAccount, *, since: datetime | None = None) -> Iterator[dict[str, Any]]:
        """Registered customers: id, party, addresses, attributes."""
        search = Search("customers/search", "searchCustomers", sort=("updated_at", "entity_id"), size=PAGE)
        for found, _at in newest_last(door, account, search, fields.stamp(since) if since else _ALWAYS):
            yield from client.read(partial(_customers, found.items))

    def stock_item(self, door: Door, account: ExternalAccount, sku: str) -> StockLevel:
        """The quantity of the shop's only source, as shops without sources keep it."""
        body = client.object_of(client.get(door, account, "getStockItem", f"stockItems/{segment(sku)}").content)
        return client.read(lambda: StockLevel(sku, fields.number(body, "qty")))

    def source_items(self, door: Door, account: ExternalAccount, skus: Sequence[str]) -> list[StockLevel]:
        """What each source (warehouse) holds of these SKUs."""
        search = Search("inventory/source-items", "listSourceItems", (Filter("sku", "in", ",".join(skus)),), size=300)
        found = client.page(door, account, search)
        return client.read(
            lambda: [
                StockLevel(fields.text(one, "sku"), fields.number(one, "quantity"), fields.text(one, "source_code"))
                for one in found.items
            ]
        )

    def salable(self, door: Door, account: ExternalAccount, sku: str, stock: int = 1) -> Any:
        """How many can be sold now, reservations of open orders off."""
        path = f"inventory/get-product-salable-quantity/{segment(sku)}/{stock}"
        return fields.loads(client.get(door, account, "getSalableQuantity", path).content)

    def sources(self, door: Door, account: ExternalAccount) -> list[str]:
        found = client.page(door, account, Search("inventory/sources", "listSources", size=300))
        return [fields.text(one, "source_code") for one in found.items]

    def attributes(self, door: Door, account: ExternalAccount) -> dict[str, str]:
        """The product attributes that the merchant made, by code, with their label."""
        own = (Filter("is_user_defined", "eq", "1"),)
        found = client.page(door, account, Search("products/attributes", "listAttributes", own, size=300))
        return {fields.text(one, "attribute_code"): fields.text(one, "default_frontend_label") for one in found.items}

    def shipments(self, door: Door, account: ExternalAccount, order_id: str) -> list[Body]:
        return self._of_order(door, account, "shipments", "listShipments", order_id)

    def credit_memos(self, door: Door, account: ExternalAccount, order_id: str) -> list[Body]:
        return self._of_order(door, account, "creditmemos", "listCreditmemos", order_id)

    def _of_order(self, door: Door, account: ExternalAccount, path: str, name: str, order_id: str) -> list[Body]:
        search = Search(path, name, (Filter("order_id", "eq", order_id),), ("entity_id",), 300)
        return list(client.page(door, account, search).items)


def _products(bodies: Sequence[Body], currency: str) -> tuple[Product, ...]:
    return tuple(product(body, currency) for body in bodies)


def _customers(bodies: Sequence[Body]) -> list[dict[str, Any]]:
    return [customer(body) for body in bodies]


def product(body: Body, currency: str) -> Product:
    stock = fields.inner(fields.inner(body, "extension_attributes"), "stock_item")
    return Product(
        sku=fields.key(body, "sku"),
        title=fields.text(body, "name"),
        price=fields.number(body, "price") if body.get("price") is not None else None,
        currency=currency,
        kind=fields.text(body, "type_id"),
        sold=fields.number(body, "status") == SOLD,
        updated_at=fields.moment(body, "updated_at"),
        product_id=fields.text(body, "id"),
        quantity=fields.number(stock, "qty") if stock else None,
        attributes=mapper.attributes({"custom_attributes": body.get("custom_attributes")}),
    )


def customer(body: Body) -> dict[str, Any]:
    name = " ".join(part for part in (fields.text(body, "firstname"), fields.text(body, "lastname")) if part)
    addresses: list[Address] = [found for one in fields.objects(body, "addresses") if (found := mapper.address(_as_sold(one)))]
    return {
        "customer_id": fields.key(body, "id"),
        "party": Party(name, fields.text(body, "email")),
        "group_id": fields.text(body, "group_id"),
        "addresses": addresses,
        "attributes": mapper.attributes(body),
    }


def _as_sold(given: Body) -> Mapping[str, Any]:
    """A customer's address has its region as an object, an order's as two texts."""
    region = given.get("region")
    return {**given, **(region if isinstance(region, Mapping) else {})}


def segment(sku: str) -> str:
    """A SKU as one part of a path: a slash in it is no slash of the path."""
    return quote(sku, safe="")
