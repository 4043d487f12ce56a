"""Listings Items 2021-08-01: what a seller offers in a store, its price, and how much of it the merchant has.

At most twenty a page (ten if nothing is said), the one touched last first; a page token goes with the arguments of its
listing. Of what Amazon keeps no quantity is told here (model `listingsItems_2021-08-01`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sandbox.amazon.calls import Call, bad_input, denied, pack, unpack, zulu
from sandbox.amazon.goods import Listing, asin, fnsku, listings
from sandbox.amazon.orderjson import money
from sandbox.amazon.places import BY_ID, Marketplace
from sandbox.amazon.stock import levels

DATASETS = ("summaries", "attributes", "issues", "offers", "fulfillmentAvailability", "procurement", "relationships",
            "productTypes")  # fmt: skip
STATUSES = ("BUYABLE", "DISCOVERABLE")
CHANNELS = {"na": "AMAZON_NA", "eu": "AMAZON_EU", "fe": "AMAZON_FE"}
IDENTIFIERS: dict[str, Callable[[str], str]] = {"SKU": str, "ASIN": asin, "FNSKU": fnsku}
SPANS = ("createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore")
ARGUMENTS = (*SPANS, "identifiersType", "sortBy", "sortOrder", "pageSize", "issueLocale")
LISTS = ("marketplaceIds", "includedData", "identifiers", "withStatus", "withoutStatus", "withIssueSeverity")
SORTS: dict[str, Callable[[Listing], Any]] = {
    "sku": lambda one: one.sku,
    "createdDate": lambda one: (one.created, one.sku),
    "lastUpdatedDate": lambda one: (one.updated, one.sku),
}


def search_listings_items(call: Call) -> dict[str, Any]:
    """`searchListingsItems`."""
    place, wanted = _store(call), call.choice("includedData", DATASETS) or ["summaries"]
    given: dict[str, Any] = {name: call.one(name) for name in ARGUMENTS} | {name: call.many(name) for name in LISTS}
    token = call.one("pageToken")
    state: dict[str, Any] = unpack(token) if token else {"offset": 0, "given": given}
    if state.get("given") != given:
        raise bad_input("pageToken needs the arguments of the call that gave it")
    found, offset, size = _found(call, place), int(state["offset"]), call.whole("pageSize", 10, 1, 20)
    page = found[offset : offset + size]
    own = levels(call.shops, call.seller, place, [one.sku for one in page], call.now, "MFN")
    body: dict[str, Any] = {
        "numberOfResults": len(found),
        "items": [_item(one, call.seller.region, own[one.sku].fulfillable, wanted) for one in page],
    }
    if offset + size < len(found):
        body["pagination"] = {"nextToken": pack({**state, "offset": offset + size})}
    return body


def _store(call: Call) -> Marketplace:
    if call.path["sellerId"] != call.seller.id:
        raise denied("The access token doesn't speak for this selling partner.")
    places = call.many("marketplaceIds")
    if len(places) != 1:
        raise bad_input("marketplaceIds must name one marketplace")
    place = BY_ID.get(places[0])
    if place is None or place.code not in call.seller.codes:
        raise bad_input(f"the seller doesn't sell in {places[0]}")
    return place


def _found(call: Call, place: Marketplace) -> list[Listing]:
    kind, names = call.one("identifiersType"), call.many("identifiers", 20)
    if bool(kind) != bool(names) or (kind and kind not in IDENTIFIERS):
        raise bad_input(f"identifiers need an identifiersType of {', '.join(IDENTIFIERS)}")
    with_status, without = call.choice("withStatus", STATUSES), call.choice("withoutStatus", STATUSES)
    sort, order = call.one("sortBy") or "lastUpdatedDate", call.one("sortOrder") or "DESC"
    if sort not in SORTS or order not in ("ASC", "DESC"):
        raise bad_input("sortBy or sortOrder is not one of the model's")
    if without or call.many("withIssueSeverity"):
        return []  # everything here can be bought and found, and nothing is wrong with it
    after, before, touched, untouched = (call.instant(name) for name in SPANS)
    found = [
        one
        for one in listings(place, call.world.anchor)
        if (not kind or IDENTIFIERS[kind](one.sku) in names)
        and (after is None or one.created >= after)
        and (before is None or one.created <= before)
        and (touched is None or one.updated >= touched)
        and (untouched is None or one.updated <= untouched)
        and set(with_status) <= set(STATUSES)
    ]
    return sorted(found, key=SORTS[sort], reverse=order == "DESC")


def _item(listing: Listing, region: str, own: int, wanted: Collection[str]) -> dict[str, Any]:
    place = listing.place
    sets: dict[str, Any] = {
        "summaries": [
            {
                "marketplaceId": place.id,
                "asin": asin(listing.sku),
                "productType": listing.kind,
                "conditionType": "new_new",
                "status": list(STATUSES),
                "fnSku": fnsku(listing.sku),
                "itemName": listing.product.title,
                "createdDate": zulu(listing.created),
                "lastUpdatedDate": zulu(listing.updated),
            }
        ],
        "attributes": {
            "item_name": [{"value": listing.product.title, "language_tag": place.language, "marketplace_id": place.id}]
        },
        "issues": [],
        "offers": [{"marketplaceId": place.id, "offerType": "B2C", "price": money(listing.price, place)}],
        "fulfillmentAvailability": [
            {"fulfillmentChannelCode": CHANNELS[region]},
            {"fulfillmentChannelCode": "DEFAULT", "quantity": own},
        ],
        "relationships": [],
        "productTypes": [{"marketplaceId": place.id, "productType": listing.kind}],
    }
    return {"sku": listing.sku, **{name: value for name, value in sets.items() if name in wanted}}
