"""FBA Inventory v1: what lies in Amazon's warehouses for one store, fifty SKUs a page.

A page token lives thirty seconds and goes with the arguments of its listing. Of what changed since a moment only
those SKUs are told; what is on its way is no change (model `fbaInventory`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.amazon.calls import Call, bad_input, pack, unpack, zulu
from sandbox.amazon.goods import Listing, asin, fnsku, listings
from sandbox.amazon.places import BY_ID, Marketplace
from sandbox.amazon.stock import Level, levels

PAGE = 50
TOKEN_LIFE = timedelta(seconds=30)
HISTORY = timedelta(days=548)
ARGUMENTS = ("details", "granularityId", "startDateTime", "sellerSku", "marketplaceIds")


def get_inventory_summaries(call: Call) -> dict[str, Any]:
    """`getInventorySummaries`."""
    place = _store(call)
    given: dict[str, Any] = {name: call.one(name) for name in ARGUMENTS} | {"sellerSkus": call.many("sellerSkus", 50)}
    token = call.one("nextToken")
    state: dict[str, Any] = unpack(token) if token else {"offset": 0, "issued": zulu(call.now), "given": given}
    if state.get("given") != given:
        raise bad_input("nextToken needs the arguments of the call that gave it")
    if call.now - datetime.fromisoformat(state["issued"]) > TOKEN_LIFE:
        raise bad_input("nextToken has expired")
    found, offset = _found(call, place, given), int(state["offset"])
    page = [_summary(listing, level, call.one("details") == "true") for listing, level in found[offset : offset + PAGE]]
    body: dict[str, Any] = {
        "payload": {
            "granularity": {"granularityType": "Marketplace", "granularityId": place.id},
            "inventorySummaries": page,
        }
    }
    if offset + PAGE < len(found):
        body["pagination"] = {"nextToken": pack({**state, "offset": offset + PAGE, "issued": zulu(call.now)})}
    return body


def _store(call: Call) -> Marketplace:
    """The one store that is asked about. Raises Refusal for another, or for none."""
    if call.one("granularityType") != "Marketplace":
        raise bad_input("granularityType must be Marketplace")
    places = call.many("marketplaceIds", 1)
    if len(places) != 1 or call.one("granularityId") != places[0]:
        raise bad_input("marketplaceIds and granularityId must name the same marketplace")
    place = BY_ID.get(places[0])
    if place is None or place.code not in call.seller.codes:
        raise bad_input(f"the seller doesn't sell in {places[0]}")
    return place


def _found(call: Call, place: Marketplace, given: dict[str, Any]) -> list[tuple[Listing, Level]]:
    since = call.instant("startDateTime")
    if since and since < call.now - HISTORY:
        raise bad_input("startDateTime is more than 18 months ago")
    wanted = set(given["sellerSkus"]) | ({given["sellerSku"]} if given["sellerSku"] else set())
    listed = [one for one in listings(place, call.world.anchor) if not wanted or one.sku in wanted]
    held = levels(call.shops, call.seller, place, [one.sku for one in listed], call.now, "AFN")
    return [(one, held[one.sku]) for one in listed if since is None or held[one.sku].updated >= since]


def _summary(listing: Listing, level: Level, details: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "asin": asin(listing.sku),
        "fnSku": fnsku(listing.sku),
        "sellerSku": listing.sku,
        "condition": "NewItem",
        "lastUpdatedTime": zulu(level.updated),
        "productName": listing.product.title,
        "totalQuantity": level.total,
        "stores": [],
    }
    return {**data, "inventoryDetails": _details(level)} if details else data


def _details(level: Level) -> dict[str, Any]:
    spoiled = level.unfulfillable
    return {
        "fulfillableQuantity": level.fulfillable,
        "inboundWorkingQuantity": level.inbound["working"],
        "inboundShippedQuantity": level.inbound["shipped"],
        "inboundReceivingQuantity": level.inbound["receiving"],
        "reservedQuantity": {
            "totalReservedQuantity": level.reserved,
            "pendingCustomerOrderQuantity": level.reserved,
            "pendingTransshipmentQuantity": 0,
            "fcProcessingQuantity": 0,
        },
        "researchingQuantity": {"totalResearchingQuantity": 0, "researchingQuantityBreakdown": []},
        "unfulfillableQuantity": {
            "totalUnfulfillableQuantity": sum(spoiled.values()),
            "customerDamagedQuantity": spoiled["CUSTOMER_DAMAGED"],
            "warehouseDamagedQuantity": 0,
            "distributorDamagedQuantity": 0,
            "carrierDamagedQuantity": 0,
            "defectiveQuantity": spoiled["DEFECTIVE"],
            "expiredQuantity": 0,
        },
    }
