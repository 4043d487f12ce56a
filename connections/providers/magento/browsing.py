"""What a shop holds, for a person who looks: one search a page, the newest first. The cursor is the page's number."""

from __future__ import annotations

from canonical.problems import N_
from connections.contracts import Door, EntityKind, EntityPage, ExternalAccount
from connections.cursors import whole

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
        EntityKind(
            "orders",
            N_("Orders"),
            written=True,
            note=N_("Only a comment is written, where an integration says so."),
            columns=("increment_id", "created_at", "status", "grand_total", "order_currency_code", "store_name"),
        ),
        EntityKind(
            "invoices",
            N_("Invoices"),
            columns=("increment_id", "created_at", "order_id", "grand_total", "order_currency_code", "state"),
        ),
        EntityKind(
            "shipments",
            N_("Shipments"),
            written=True,
            columns=("increment_id", "created_at", "order_id", "total_qty", "tracks.0.title", "tracks.0.track_number"),
        ),
        EntityKind(
            "creditmemos",
            N_("Credit memos"),
            columns=("increment_id", "created_at", "order_id", "grand_total", "order_currency_code", "state"),
        ),
        EntityKind(
            "customers",
            N_("Customers"),
            written=True,
            columns=("firstname", "lastname", "email", "group_id", "created_at"),
        ),
        EntityKind(
            "products",
            N_("Products"),
            written=True,
            note=N_("Custom attributes stand in each product."),
            columns=("name", "type_id", "price", "status", "updated_at", "custom_attributes.0.attribute_code"),
        ),
        EntityKind(
            "attributes",
            N_("Product attributes"),
            note=N_("A shop's own are the custom attributes of its products."),
            columns=("default_frontend_label", "frontend_input", "is_user_defined", "is_required"),
        ),
        EntityKind("source-items", N_("Stock by source"), written=True, columns=("source_code", "quantity", "status")),
        EntityKind("sources", N_("Sources"), columns=("name", "enabled", "country_id", "postcode")),
    )

    def page(self, door: Door, account: ExternalAccount, kind: str, *, cursor: str = "") -> EntityPage:
        name, path, identity, newest = _KINDS[kind]
        number = max(whole(cursor, 1), 1)
        search = Search(path, name, sort=(newest,) if newest else (), size=PAGE, direction="DESC")
        found = client.page(door, account, search, number)
        rows = tuple({**row, identity: fields.text(row, identity)} for row in found.items)
        return EntityPage(rows, identity, str(number + 1) if found.total > number * PAGE else "")
