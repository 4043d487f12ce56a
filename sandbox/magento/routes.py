"""Every operation of the REST API that the twin has: its path, the right it needs, and what answers it."""

from __future__ import annotations

from typing import Final

from sandbox.magento import reading, stockroom, writing
from sandbox.magento.calls import Route

_SALES, _CATALOG, _STOCK, _STORE = "Magento_Sales", "Magento_Catalog", "Magento_CatalogInventory", "Magento_Backend::store"
_ORDERS, _INVOICES, _MEMOS, _SHIPMENTS = (
    f"{_SALES}::{right}" for right in ("actions_view", "sales_invoice", "sales_creditmemo", "shipment")
)
_SOURCES, _PEOPLE = "Magento_InventoryApi::source", "Magento_Customer::customer"

ROUTES: Final = (
    Route("listOrders", "GET", "orders", _ORDERS, reading.get_orders),
    Route("listOrderItems", "GET", "orders/items", _ORDERS, reading.get_items),
    Route("getOrderItem", "GET", "orders/items/{id}", _ORDERS, reading.get_item),
    Route("getOrder", "GET", "orders/{order}", _ORDERS, reading.get_order),
    Route("saveOrder", "POST", "orders", f"{_SALES}::create", writing.save_order),
    Route("saveOrder", "PUT", "orders/create", f"{_SALES}::create", writing.save_order),
    Route("saveOrderAddress", "PUT", "orders/{order}", f"{_SALES}::create", writing.save_address),
    Route("getOrderStatus", "GET", "orders/{order}/statuses", _ORDERS, reading.get_statuses),
    Route("listComments", "GET", "orders/{order}/comments", _ORDERS, reading.get_comments),
    Route("addComment", "POST", "orders/{order}/comments", f"{_SALES}::comment", writing.add_comment),
    Route("cancelOrder", "POST", "orders/{order}/cancel", f"{_SALES}::cancel", writing.cancel_order),
    Route("holdOrder", "POST", "orders/{order}/hold", f"{_SALES}::hold", writing.hold_order),
    Route("unholdOrder", "POST", "orders/{order}/unhold", f"{_SALES}::unhold", writing.unhold_order),
    Route("invoiceOrder", "POST", "order/{order}/invoice", f"{_SALES}::invoice", writing.invoice_order),
    Route("shipOrder", "POST", "order/{order}/ship", f"{_SALES}::ship", writing.ship_order),
    Route("refundOrder", "POST", "order/{order}/refund", f"{_SALES}::creditmemo", writing.refund_order),
    Route("listInvoices", "GET", "invoices", _INVOICES, reading.lister("invoice")),
    Route("getInvoice", "GET", "invoices/{id}", _INVOICES, reading.getter("invoice")),
    Route("captureInvoice", "POST", "invoices/{invoice}/capture", f"{_SALES}::invoice", writing.capture_invoice),
    Route("refundInvoice", "POST", "invoice/{invoice}/refund", f"{_SALES}::creditmemo", writing.refund_invoice),
    Route("listCreditmemos", "GET", "creditmemos", _MEMOS, reading.lister("creditmemo")),
    Route("getCreditmemo", "GET", "creditmemo/{id}", _MEMOS, reading.getter("creditmemo")),
    Route("listShipments", "GET", "shipments", _SHIPMENTS, reading.lister("shipment")),
    Route("getShipment", "GET", "shipment/{id}", _SHIPMENTS, reading.getter("shipment")),
    Route("addTrack", "POST", "shipment/track", _SHIPMENTS, writing.add_track),
    Route("searchCustomers", "GET", "customers/search", _PEOPLE, reading.search_customers),
    Route("getCustomer", "GET", "customers/{id}", _PEOPLE, reading.getter("customer")),
    Route("createCustomer", "POST", "customers", "Magento_Customer::manage", writing.create_customer),
    Route("saveCustomer", "PUT", "customers/{id}", "Magento_Customer::manage", writing.save_customer),
    Route("listProducts", "GET", "products", f"{_CATALOG}::products", stockroom.get_products),
    Route("listAttributes", "GET", "products/attributes", f"{_CATALOG}::attributes_attributes", stockroom.get_attributes),
    Route("getAttribute", "GET", "products/attributes/{code}", f"{_CATALOG}::attributes_attributes", stockroom.get_attribute),
    Route("getProduct", "GET", "products/{sku}", f"{_CATALOG}::products", stockroom.get_product),
    Route("createProduct", "POST", "products", f"{_CATALOG}::products", stockroom.create_product),
    Route("saveProduct", "PUT", "products/{sku}", f"{_CATALOG}::products", stockroom.save_product),
    Route("saveBasePrices", "POST", "products/base-prices", f"{_CATALOG}::catalog", stockroom.base_prices),
    Route("getBasePrices", "POST", "products/base-prices-information", f"{_CATALOG}::catalog", stockroom.base_prices_information),
    Route("getStockItem", "GET", "stockItems/{sku}", f"{_STOCK}::cataloginventory", stockroom.get_stock_item),
    Route("saveStockItem", "PUT", "products/{sku}/stockItems/{item}", f"{_CATALOG}::products", stockroom.put_stock_item),
    Route("listSourceItems", "GET", "inventory/source-items", _SOURCES, stockroom.get_source_items),
    Route("saveSourceItems", "POST", "inventory/source-items", f"{_SOURCES}_edit", stockroom.put_source_items),
    Route("deleteSourceItems", "POST", "inventory/source-items-delete", f"{_SOURCES}_edit", stockroom.source_items_delete),
    Route("listSources", "GET", "inventory/sources", _SOURCES, stockroom.get_sources),
    Route("getSource", "GET", "inventory/sources/{code}", _SOURCES, stockroom.get_source),
    Route("listStocks", "GET", "inventory/stocks", "Magento_InventoryApi::stock", stockroom.get_stocks),
    Route("resolveStock", "GET", "inventory/stock-resolver/{type}/{code}", "Magento_InventoryApi::stock", stockroom.resolve_stock),
    Route("getSalableQuantity", "GET", "inventory/get-product-salable-quantity/{sku}/{stock}", "Magento_InventoryApi::stock",
          stockroom.salable_quantity),
    Route("isSalable", "GET", "inventory/is-product-salable/{sku}/{stock}", "Magento_InventoryApi::stock", stockroom.is_salable),
    Route("storeConfigs", "GET", "store/storeConfigs", _STORE, reading.store_configs),
    Route("storeViews", "GET", "store/storeViews", _STORE, reading.store_views),
    Route("storeGroups", "GET", "store/storeGroups", _STORE, reading.store_groups),
    Route("websites", "GET", "store/websites", _STORE, reading.websites),
    Route("modules", "GET", "modules", _STORE, reading.modules),
    Route("countries", "GET", "directory/countries", "anonymous", reading.countries),
    Route("currency", "GET", "directory/currency", "anonymous", reading.currency),
)  # fmt: skip


def find(method: str, parts: list[str]) -> tuple[Route, dict[str, str]] | None:
    """The operation of a path (below `/V1/`), split at its slashes and not yet decoded. A literal part goes before `{id}`."""
    for route in ROUTES:
        if (params := route.match(method, parts)) is not None:
            return route, params
    return None
