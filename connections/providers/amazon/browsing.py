"""What a seller account holds, for a person who looks: a call or two a page, and nobody's data that was not asked for.

Amazon lists orders and transactions from the oldest on, so the newest are had by asking for ever longer spans of time,
the latest first: a week, the fortnight before it, and so on. Item lines and parcels are parts of orders. Of what comes
back to Amazon's warehouses only a report tells, which is ordered first and made within minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from canonical.problems import N_
from connections.contracts import Door, EntityKind, EntityPage, ExternalAccount, NoSuchPage
from connections.cursors import joined, pieces

from . import client, requested
from .spans import LATEST, Span, earlier, moment, read

PAGE = 50
LISTINGS, PAYOUTS = 20, "/finances/transfers/2024-06-01/payouts"
_ORDERS = "/orders/2026-01-01/orders"
Rows = Sequence[Mapping[str, Any]]

_SCARCE = N_("Amazon lets orders be listed about once in three minutes, twenty times at once.")
_PLACES = ("marketplace.id", "marketplace.name", "marketplace.defaultCurrencyCode", "participation.isParticipating", "storeName")


class AmazonBrowser:
    """The Browser of Amazon."""

    entities = (
        EntityKind(
            "Order",
            N_("Orders"),
            note=_SCARCE,
            columns=(
                "createdTime",
                "fulfillment.fulfillmentStatus",
                "fulfillment.fulfilledBy",
                "salesChannel.marketplaceName",
                "proceeds.grandTotal.amount",
                "proceeds.grandTotal.currencyCode",
            ),
        ),
        EntityKind(
            "OrderItem",
            N_("Order items"),
            note=N_("Amazon states them within their orders."),
            columns=(
                "orderId",
                "product.sellerSku",
                "product.title",
                "quantityOrdered",
                "proceeds.proceedsTotal.amount",
                "proceeds.proceedsTotal.currencyCode",
            ),
        ),
        EntityKind(
            "Shipment",
            N_("Shipments"),
            note=N_("Parcels that you sent yourself. Of its own parcels Amazon tells nothing in an order."),
            columns=("orderId", "shipTime", "carrier", "trackingNumber", "packageStatus.status"),
        ),
        EntityKind(
            "ShippingAddress",
            N_("Shipping addresses"),
            note=N_(
                "As each order states it, shown and forgotten. Amazon gives it only to an application that has its role for "
                "restricted data."
            ),
            columns=(
                "deliveryAddress.name",
                "deliveryAddress.addressLine1",
                "deliveryAddress.city",
                "deliveryAddress.postalCode",
                "deliveryAddress.countryCode",
            ),
        ),
        EntityKind(
            "Product",
            N_("Products"),
            note=N_("Your listings, store by store."),
            columns=(
                "summaries.0.itemName",
                "summaries.0.asin",
                "offers.0.price.amount",
                "offers.0.price.currencyCode",
                "summaries.0.status.0",
                "summaries.0.marketplaceId",
            ),
        ),
        EntityKind(
            "InventoryItem",
            N_("Stock at Amazon"),
            note=N_("What lies in Amazon's warehouses, store by store."),
            columns=(
                "productName",
                "inventoryDetails.fulfillableQuantity",
                "inventoryDetails.reservedQuantity.totalReservedQuantity",
                "inventoryDetails.unfulfillableQuantity.totalUnfulfillableQuantity",
                "totalQuantity",
                "marketplaceId",
            ),
        ),
        EntityKind(
            "Return",
            N_("Returns"),
            note=N_("From Amazon's report of what buyers sent back to its warehouses in the last 90 days."),
            columns=("return-date", "order-id", "sku", "quantity", "detailed-disposition", "reason"),
        ),
        EntityKind(
            "Transaction",
            N_("Financial transactions"),
            columns=(
                "postedDate",
                "transactionType",
                "transactionStatus",
                "description",
                "totalAmount.currencyAmount",
                "totalAmount.currencyCode",
            ),
        ),
        EntityKind(
            "Payout",
            N_("Payouts"),
            columns=("creationDate", "currentStatus", "amount.currencyAmount", "amount.currencyCode", "accountTail", "traceId"),
        ),
        EntityKind(
            "Report",
            N_("Reports"),
            note=N_("Settlement reports, which Amazon makes by itself, and returns reports that were asked for here."),
            columns=("reportType", "createdTime", "dataStartTime", "dataEndTime", "processingStatus"),
        ),
        EntityKind("SellerAccount", N_("Seller account"), note=N_("The stores this account sells in."), columns=_PLACES),
    )

    def page(self, door: Door, account: ExternalAccount, kind: str, *, cursor: str = "") -> EntityPage:
        """Some entities of a kind: see each function below for what its cursor says."""
        return _PAGES[kind](door, account, cursor)


# ------------------------------------------------------------------ orders and their parts


def _of_orders(part: Callable[[Mapping[str, Any]], Rows], identity: str, data: str, **asked: str) -> Any:
    """A kind that is made of orders: a span of them, or what is left of one (spans.py)."""

    def page(door: Door, account: ExternalAccount, cursor: str) -> EntityPage:
        def ask(span: Span) -> tuple[Rows, str]:
            params = {**asked, **span.between("createdAfter", "createdBefore"), "maxResultsPerPage": PAGE, "includedData": data}
            if span.token:
                params["paginationToken"] = span.token
            body = client.get(door, account.region, "searchOrders", _ORDERS, params)
            orders = client.entries(body, "orders")
            token = client.next_token(body.get("pagination") or {}) or ""
            return [row for order in reversed(orders) for row in part(order)], token

        rows, following = read(ask, cursor)
        return EntityPage(tuple(rows), identity, following)

    return page


def _itself(order: Mapping[str, Any]) -> Rows:
    return (order,)


def _lines(order: Mapping[str, Any]) -> Rows:
    return [{"orderId": order.get("orderId"), **line} for line in order.get("orderItems") or ()]


def _parcels(order: Mapping[str, Any]) -> Rows:
    return [{"orderId": order.get("orderId"), **parcel} for parcel in order.get("packages") or ()]


def _address(order: Mapping[str, Any]) -> Rows:
    """The recipient alone; an order that states none has no row."""
    recipient = order.get("recipient")
    return ({"orderId": order.get("orderId"), **recipient},) if recipient else ()


# ------------------------------------------------------------------ money


def _transactions(door: Door, account: ExternalAccount, cursor: str) -> EntityPage:
    def ask(span: Span) -> tuple[Rows, str]:
        params = {**span.between("postedAfter", "postedBefore"), **({"nextToken": span.token} if span.token else {})}
        path = "/finances/2024-06-19/transactions"
        payload = client.member(client.get(door, account.region, "listTransactions", path, params), "payload")
        return client.entries(payload, "transactions")[::-1], client.next_token(payload) or ""

    rows, following = read(ask, cursor)
    return EntityPage(tuple(rows), "transactionId", following)


def _payouts(door: Door, account: ExternalAccount, cursor: str) -> EntityPage:
    """The cursor is the page token, and the span that it goes with."""
    since, token = pieces(cursor, 2)
    since = client.zulu(moment(since)) if since else earlier(LATEST, 104)
    params = {"createdAfter": since, **({"nextToken": token} if token else {})}
    body = client.get(door, account.region, "listPayouts", PAYOUTS, params)
    following = client.next_token(body) or ""
    return EntityPage(tuple(client.entries(body, "payouts")), "id", joined(since, following) if following else "")


# ------------------------------------------------------------------ goods


def _stores(door: Door, account: ExternalAccount) -> list[str]:
    """The stores whose goods are shown, in a lasting order: those the account is known to sell in."""
    known = [str(place.get("id")) for place in account.facts.get("marketplaces") or () if place.get("participating", True)]
    return known or [str(client.member(row, "marketplace").get("id")) for row in _participations(door, account)]


def _listed(door: Door, account: ExternalAccount, cursor: str, data: str) -> tuple[str, Rows, str]:
    """(store, a page of its listings, the next cursor): the cursor is a store and the token of a page in it."""
    stores = _stores(door, account)
    store, token = pieces(cursor, 2)
    store = store or stores[0]
    if store not in stores:
        raise NoSuchPage(cursor)
    params = {"marketplaceIds": store, "includedData": data, "pageSize": LISTINGS, **({"pageToken": token} if token else {})}
    path = f"/listings/2021-08-01/items/{account.external_id}"
    body = client.get(door, account.region, "searchListingsItems", path, params)
    following = client.next_token(body.get("pagination") or {}) or ""
    left = stores[stores.index(store) + 1 :]
    after = joined(store, following) if following else joined(left[0], "") if left else ""
    return store, client.entries(body, "items"), after


def _products(door: Door, account: ExternalAccount, cursor: str) -> EntityPage:
    _store, rows, following = _listed(door, account, cursor, "summaries,offers,fulfillmentAvailability")
    return EntityPage(tuple(rows), "sku", following)


def _stock(door: Door, account: ExternalAccount, cursor: str) -> EntityPage:
    """By the listings of a store: a page token of the stock itself lives half a minute, too short for a reader."""
    store, listed, following = _listed(door, account, cursor, "summaries")
    skus = [str(item.get("sku")) for item in listed]
    if not skus:
        return EntityPage((), "sellerSku", following)
    params = {
        "details": "true",
        "granularityType": "Marketplace",
        "granularityId": store,
        "marketplaceIds": store,
        "sellerSkus": ",".join(skus),
    }
    body = client.get(door, account.region, "getInventorySummaries", "/fba/inventory/v1/summaries", params)
    found = client.entries(client.member(body, "payload"), "inventorySummaries")
    return EntityPage(tuple({"marketplaceId": store, **row} for row in found), "sellerSku", following)


# ------------------------------------------------------------------ reports and the account


def _reports(door: Door, account: ExternalAccount, cursor: str) -> EntityPage:
    """The cursor is Amazon's own token, which stands alone in its request."""
    types = ",".join((requested.SETTLEMENT, requested.RETURNS))
    params: dict[str, Any] = {"nextToken": cursor} if cursor else {"reportTypes": types, "pageSize": PAGE}
    body = client.get(door, account.region, "getReports", requested.REPORTS, params)
    return EntityPage(tuple(client.entries(body, "reports")), "reportId", client.next_token(body) or "")


def _returns(door: Door, account: ExternalAccount, cursor: str) -> EntityPage:
    return requested.page(door, account.region, _stores(door, account), cursor)


def _participations(door: Door, account: ExternalAccount) -> Rows:
    path = "/sellers/v1/marketplaceParticipations"
    return client.entries(client.get(door, account.region, "getMarketplaceParticipations", path, {}), "payload")


def _account(door: Door, account: ExternalAccount, cursor: str) -> EntityPage:
    if cursor:
        raise NoSuchPage(cursor)
    return EntityPage(tuple(_participations(door, account)), "marketplace.id")


_MONEY = "PROCEEDS,TAX,FULFILLMENT,PROMOTION,PAYMENT"
_PAGES: dict[str, Callable[[Door, ExternalAccount, str], EntityPage]] = {
    "Order": _of_orders(_itself, "orderId", f"{_MONEY},PACKAGES"),
    "OrderItem": _of_orders(_lines, "orderItemId", "PROCEEDS,TAX,FULFILLMENT,PROMOTION,CANCELLATION"),
    "Shipment": _of_orders(_parcels, "packageReferenceId", "PACKAGES", fulfilledBy="MERCHANT"),
    "ShippingAddress": _of_orders(_address, "orderId", "RECIPIENT"),
    "Product": _products,
    "InventoryItem": _stock,
    "Return": _returns,
    "Transaction": _transactions,
    "Payout": _payouts,
    "Report": _reports,
    "SellerAccount": _account,
}
