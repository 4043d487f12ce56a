"""An order as Orders 2026-01-01 writes it: what was asked for by `includedData`, and nothing else.

Money is a decimal text. An item's proceeds are ITEM, SHIPPING and GIFT_WRAP before tax and discounts, one TAX
and one DISCOUNT entry with their details; the grand total is the sum of all (model `orders_2026-01-01`).
Buyer and address are the twin's inventions.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sandbox.amazon.calls import zulu
from sandbox.amazon.goods import asin, title
from sandbox.amazon.lives import CANCELLED, SHIPPED, Life, Version
from sandbox.amazon.places import Marketplace
from sandbox.amazon.rows import ZERO, Item

DATASETS = ("BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX",
            "PAYMENT", "FULFILLMENT_ORDERS")  # fmt: skip
GIVEN, FAMILY = ("Ada", "Ben", "Chloe", "Dan", "Esme", "Finn"), ("Ashe", "Birch", "Cole", "Dell", "Elm", "Frost")
COMPANIES = ("Birch & Elm Joinery", "Northlight Studio", "Quayside Cafe", "Fellside School")
FACILITATORS = {"US": "Amazon Services, Inc.", "CA": "Amazon.com.ca ULC", "UK": "Amazon Services Europe S.a.r.L."}
Json = dict[str, Any]


def order_json(life: Life, now_version: Version, wanted: Collection[str]) -> Json:
    """One order in one version."""
    version, place = now_version, life.place
    data: Json = {
        "orderId": life.id,
        "orderAliases": [{"aliasId": life.id, "aliasType": "SELLER_ORDER_ID"}],
        "createdTime": zulu(life.purchased),
        "lastUpdatedTime": zulu(version.at),
        "programs": list(_programs(life)),
        "associatedOrders": [{"orderId": life.replaces, "associationType": "REPLACEMENT_ORIGINAL_ID"}] if life.replaces else [],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": place.id, "marketplaceName": place.name},
        "orderItems": [_item(life, version, item, wanted) for item in version.items],
    }
    if "FULFILLMENT" in wanted:
        data["fulfillment"] = _fulfillment(life, version)
    if "PROCEEDS" in wanted and version.priced:
        data["proceeds"] = _order_proceeds(version, place)
    if "PAYMENT" in wanted and version.priced:
        data["payment"] = {"paymentExecutions": list(_payments(life, version))}
    if "PACKAGES" in wanted and life.fulfillment == "MFN":
        data["packages"] = [_package(version, number) for number in range(len(version.parcels))]
    return {**data, **_people(life, wanted)}


def _programs(life: Life) -> Iterator[str]:
    if life.business:
        yield "AMAZON_BUSINESS"
    if life.fulfillment == "AFN":
        yield "PRIME"


def _fulfillment(life: Life, version: Version) -> Json:
    due = life.purchased + timedelta(days=2)
    return {
        "fulfillmentStatus": life.stated_status or version.status,
        "fulfilledBy": "AMAZON" if life.fulfillment == "AFN" else "MERCHANT",
        "fulfillmentServiceLevel": "STANDARD",
        "shipByWindow": {"earliestDateTime": zulu(life.purchased), "latestDateTime": zulu(due)},
        "deliverByWindow": {"earliestDateTime": zulu(due), "latestDateTime": zulu(due + timedelta(days=4))},
    }


def _payments(life: Life, version: Version) -> Iterator[Json]:
    method = "Invoice" if life.on_account else "CreditCard"
    total = sum((item_total(item) for item in version.items), ZERO)
    if total:
        yield {"paymentMethod": method, "paymentAmount": money(total, life.place)}


def _package(version: Version, number: int) -> Json:
    parcel = version.parcels[number]
    units = {item.code: item.quantity for item in version.items}
    return {
        "packageReferenceId": parcel.reference,
        "createdTime": zulu(parcel.sent - timedelta(hours=1)),
        "packageStatus": {"status": "SHIPPED"},
        "carrier": "Fellrunner Parcels",
        "shipTime": zulu(parcel.sent),
        "shippingService": "Standard",
        "trackingNumber": parcel.tracking,
        "packageItems": [{"orderItemId": code, "quantity": units[code]} for code in parcel.codes],
    }


def _item(life: Life, version: Version, item: Item, wanted: Collection[str]) -> Json:
    place = life.place
    product: Json = {"asin": asin(item.sku), "title": title(item.sku), "sellerSku": item.sku,
                     "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"}}  # fmt: skip
    if version.priced and item.quantity:
        product["price"] = {"unitPrice": money(item.principal / item.quantity, place)}
    data: Json = {
        "orderItemId": item.code,
        "quantityOrdered": max(version.ordered.get(item.code, 0), item.quantity),
        "measurement": {"unit": "COUNT", "value": item.quantity},
        "product": product,
    }
    if "PROCEEDS" in wanted and version.priced:
        data["proceeds"] = _item_proceeds(item, place)
    if "EXPENSE" in wanted and item.points:
        points = {"pointsNumber": int(item.points), "pointsMonetaryValue": money(item.points, place)}
        data["expense"] = {"pointsCost": {"pointsGranted": points}}
    if "PROMOTION" in wanted and item.promotion_id:
        data["promotion"] = {"breakdowns": [{"promotionId": item.promotion_id}]}
    if "CANCELLATION" in wanted and version.status == CANCELLED:
        data["cancellation"] = {"cancellationExecution": {"cancelledBy": "BUYER", "cancelReason": "No longer needed"}}
    if "FULFILLMENT" in wanted:
        sent = item.quantity if item.code in version.sent or version.status == SHIPPED else 0
        data["fulfillment"] = {"quantityFulfilled": sent, "quantityUnfulfilled": item.quantity - sent}
    if "TAX" in wanted and item.withheld:
        party = FACILITATORS.get(place.code, "Amazon")
        data["tax"] = {"taxCollections": [{"model": "MARKETPLACE_FACILITATOR", "responsibleParty": party}]}
    return data


def _parts(item: Item) -> list[tuple[str, Decimal, list[tuple[str, Decimal]]]]:
    """(type, subtotal, details) of an item's proceeds; what is nothing is left out."""
    tax = [("ITEM", item.tax), ("SHIPPING", item.shipping_tax)]
    off = [("ITEM", -item.discount), ("SHIPPING", -item.shipping_discount)]
    parts = [
        ("ITEM", item.principal, []),
        ("SHIPPING", item.shipping, []),
        ("GIFT_WRAP", item.gift_wrap, []),
        ("TAX", item.tax + item.shipping_tax, [one for one in tax if one[1]]),
        ("DISCOUNT", -item.discount - item.shipping_discount, [one for one in off if one[1]]),
    ]
    return [part for part in parts if part[1]]


def item_total(item: Item) -> Decimal:
    return sum((subtotal for _, subtotal, _ in _parts(item)), ZERO)


def _item_proceeds(item: Item, place: Marketplace) -> Json:
    breakdowns = []
    for kind, subtotal, details in _parts(item):
        entry: Json = {"type": kind, "subtotal": money(subtotal, place)}
        if details:
            entry["detailedBreakdowns"] = [{"subtype": name, "value": money(value, place)} for name, value in details]
        breakdowns.append(entry)
    return {"proceedsTotal": money(item_total(item), place), "breakdowns": breakdowns}


def _order_proceeds(version: Version, place: Marketplace) -> Json:
    sums: dict[str, Decimal] = {}
    for item in version.items:
        for kind, subtotal, _ in _parts(item):
            sums[kind] = sums.get(kind, ZERO) + subtotal
    total = sum((item_total(item) for item in version.items), ZERO)
    breakdowns = [{"type": kind, "subtotal": money(subtotal, place)} for kind, subtotal in sums.items()]
    return {"grandTotal": money(total, place), "breakdowns": breakdowns}


def _people(life: Life, wanted: Collection[str]) -> Json:
    rng = random.Random(f"buyer:{life.buyer_of or life.id}")
    name = f"{rng.choice(GIVEN)} {rng.choice(FAMILY)}"
    company, mark = rng.choice(COMPANIES), f"{rng.getrandbits(48):012x}"
    data: Json = {}
    if "BUYER" in wanted:
        data["buyer"] = {"buyerName": name, **({"buyerCompanyName": company} if life.business else {})}
        if life.fulfillment == "MFN":
            data["buyer"]["buyerEmail"] = f"{mark}@marketplace.{life.place.domain.removeprefix('www.')}"
    if "RECIPIENT" in wanted:
        data["recipient"] = {
            "deliveryAddress": {
                "name": name,
                **({"companyName": company} if life.business else {}),
                "addressLine1": f"{rng.randrange(1, 200)} Orchard Row",
                "city": "Millbrook",
                "stateOrRegion": "MN" if life.place.code == "US" else "",
                "postalCode": f"{rng.randrange(10000, 99999)}",
                "countryCode": life.place.country,
                "addressType": "COMMERCIAL" if life.business else "RESIDENTIAL",
            }
        }
    return data


def money(value: Decimal, place: Marketplace) -> Json:
    return {"amount": f"{value:.{place.decimals}f}", "currencyCode": place.currency}
