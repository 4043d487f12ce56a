"""What a shop holds, for a person who looks: one search a page, the newest first. The cursor is the page's number."""

from __future__ import annotations

from canonical.problems import N_
from connections.contracts import Door, EntityKind, EntityPage, ExternalAccount

from . import client, fields
from .client import Search

PAGE = 25
# By our word: the operation, its path, the identity, and what the newest come first by.
_KINDS = {
    "orders": ("listOrders", "orders", "entity_id", "created_at"),
    "invoices": ("listInvoices", "invoices", "entity_id", "created_at"),
    "shipments": ("listShipments", "shipments", "entity_id", "created_at"),
    "creditmemos": ("listCreditmemos", "creditmemos", "entity_id", "created_at"),
    "customers": ("searchCustomers", "customers/search", "id", "created_at"),
    "products": ("listProducts", "products", "sku", "created_at"),
    "attributes": ("listAttributes", "products/attributes", "attribute_code", ""),
    "source-items": ("listSourceItems", "inventory/source-items", "sku", ""),
    "sources": ("listSources", "inventory/sources", "source_code", ""),
}


class MagentoBrowser:
    """The Browser of Magento."""

    entities = (
        EntityKind("orders", N_("Orders"), written=True, note=N_("Only a comment is written, where an integration says so.")),
        EntityKind("invoices", N_("Invoices")),
        EntityKind("shipments", N_("Shipments"), written=True),
        EntityKind("creditmemos", N_("Credit memos")),
        EntityKind("customers", N_("Customers"), written=True),
        EntityKind("products", N_("Products"), written=True, note=N_("Custom attributes stand in each product.")),
        EntityKind("attributes", N_("Product attributes")),
        EntityKind("source-items", N_("Stock by source"), written=True),
        EntityKind("sources", N_("Sources")),
    )

    def page(self, door: Door, account: ExternalAccount, kind: str, *, cursor: str = "") -> EntityPage:
        name, path, identity, newest = _KINDS[kind]
        number = int(cursor or 1)
        search = Search(path, name, sort=(newest,) if newest else (), size=PAGE, direction="DESC")
        found = client.page(door, account, search, number)
        rows = tuple({**row, identity: fields.text(row, identity)} for row in found.items)
        return EntityPage(rows, identity, str(number + 1) if found.total > number * PAGE else "")
