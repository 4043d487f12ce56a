"""Finances 2024-06-19: the same money as in the settlement files, transaction by transaction.

Transactions appear up to two days after they are posted. Some orders are held back for a week after
delivery: they are seen as DEFERRED first; once released, the deferred one reads DEFERRED_RELEASED and a
RELEASED twin of it exists, each naming the other. Only the released ones add up to the settlement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

from sandbox.amazon.calls import Call, amount, bad_input, pack, unpack, zulu
from sandbox.amazon.chain import Settlement, digest
from sandbox.amazon.rows import ZERO, Row

PAGE = 100
EMPTY_EVERY = 3
"""Every third page is empty although more follow: the model says that this can happen."""
RANGE = timedelta(days=180)
STATUSES = ("DEFERRED", "RELEASED", "DEFERRED_RELEASED")
FILTERABLE = ("FINANCIAL_EVENT_GROUP_ID", "ORDER_ID")
DEFERRAL = timedelta(days=7)
DEFERRED_OF_256 = 80
TYPES = {"Order": "Shipment", "Refund": "Refund", "ServiceFee": "ProductAdsPayment", "Transfer": "Adjustment"}
DESCRIPTIONS = {"Shipment": "Order Payment", "Refund": "Refund Order"}
# Row of a file -> (group, part) of a transaction, as answers of Amazon were seen to name them.
PARTS = {
    ("ItemPrice", "Principal"): ("ProductCharges", "OurPricePrincipal"),
    ("ItemPrice", "Tax"): ("Tax", "OurPriceTax"),
    ("ItemPrice", "Shipping"): ("Shipping", "ShippingPrincipal"),
    ("ItemPrice", "ShippingTax"): ("Tax", "ShippingTax"),
    ("ItemPrice", "GiftWrap"): ("Giftwrap", "GiftwrapPrincipal"),
    ("Promotion", "Principal"): ("PromoRebates", "OurPriceDiscount"),
    ("Promotion", "Shipping"): ("PromoRebates", "ShippingDiscount"),
}
GROUPS = {"ItemFees": "AmazonFees", "ItemWithheldTax": "Tax"}
ARGUMENTS = (
    "postedAfter", "postedBefore", "marketplaceId", "transactionStatus", "relatedIdentifierName", "relatedIdentifierValue"
)  # fmt: skip
Transaction = dict[str, Any]


def list_transactions(call: Call) -> dict[str, Any]:
    """`listTransactions`: in posted order; a range of more than 180 days gives nothing, not an error."""
    given = {name: call.one(name) for name in ARGUMENTS}
    after, before = _range(call, given)
    token = call.one("nextToken")
    state: dict[str, Any] = unpack(token) if token else {"offset": 0, "page": 0, "given": given}
    if state["given"] != given:
        raise bad_input("nextToken needs the arguments of the call that gave it")
    payload: dict[str, Any] = {"transactions": []}
    found = [] if after and before - after > RANGE else _found(call, given, after, before)
    offset, page = int(state["offset"]), int(state["page"]) + 1
    if page % EMPTY_EVERY:
        payload["transactions"] = found[offset : offset + PAGE]
        offset += PAGE
    if offset < len(found):
        payload["nextToken"] = pack({"offset": offset, "page": page, "given": given})
    return {"payload": payload}


def _range(call: Call, given: dict[str, str | None]) -> tuple[datetime | None, datetime]:
    newest = call.now - timedelta(minutes=2)
    after, before = call.instant("postedAfter"), call.instant("postedBefore")
    name, value = given["relatedIdentifierName"], given["relatedIdentifierValue"]
    if after is None and not (name and value):
        raise bad_input("postedAfter or a related identifier is required")
    if name is not None and (name not in FILTERABLE or not value):
        raise bad_input(f"relatedIdentifierName can be {' or '.join(FILTERABLE)}, with a value")
    if (after and after > newest) or (before and before > newest):
        raise bad_input("postedAfter and postedBefore must be more than two minutes ago")
    if after and before and before <= after:
        raise bad_input("postedBefore must be later than postedAfter")
    call.choice("transactionStatus", STATUSES)
    return after, before or newest


def _found(call: Call, given: dict[str, str | None], after: datetime | None, before: datetime) -> list[Transaction]:
    low, high = zulu(after) if after else "", zulu(before)
    wanted = (given["relatedIdentifierName"], given["relatedIdentifierValue"])
    found = [
        transaction
        for transaction in visible(call)
        if low <= transaction["postedDate"] < high
        and given["marketplaceId"] in (None, transaction["marketplaceDetails"]["marketplaceId"])
        and given["transactionStatus"] in (None, transaction["transactionStatus"])
        and (wanted[0] is None or wanted in _identifiers(transaction))
    ]
    return sorted(found, key=lambda transaction: (transaction["postedDate"], transaction["transactionId"]))


def _identifiers(transaction: Transaction) -> list[tuple[str, str]]:
    return [(one["relatedIdentifierName"], one["relatedIdentifierValue"]) for one in transaction["relatedIdentifiers"]]


def visible(call: Call) -> Iterator[Transaction]:
    """Every transaction of the seller that Amazon shows by now."""
    for settlement in [*call.shops.settlements(call.seller), *call.shops.open(call.seller)]:
        for released, deferred_at, lag in transactions_of(settlement):
            posted = datetime.fromisoformat(released["postedDate"])
            if posted + lag <= call.now:
                yield released
            if deferred_at is not None and deferred_at + lag <= call.now:
                yield _deferred(released, deferred_at, posted, call.now)


@lru_cache(maxsize=256)
def transactions_of(settlement: Settlement) -> list[tuple[Transaction, datetime | None, timedelta]]:
    """(the released transaction, when it had been posted as deferred, how late it shows) for each."""
    together = groupby(enumerate(settlement.rows), key=_belongs)
    return [_transaction(settlement, list(numbered)) for _, numbered in together]


def _belongs(numbered: tuple[int, Row]) -> tuple[object, ...]:
    """Rows of one transaction: one shipment or refund; everything else stands alone."""
    number, row = numbered
    return (row.transaction_type, row.order_id, row.adjustment_id, row.posted) if row.order_id else (number,)


def _transaction(
    settlement: Settlement, numbered: list[tuple[int, Row]]
) -> tuple[Transaction, datetime | None, timedelta]:  # fmt: skip
    rows, place = [row for _, row in numbered], settlement.place
    number, first = numbered[0]
    kind = TYPES.get(first.transaction_type, "ServiceFee")
    # An order's transaction keeps its name however many others are posted before the period closes.
    own = (first.order_id, first.shipment_id, first.adjustment_id, zulu(first.posted)) if first.order_id else (str(number),)
    mark = digest("transaction", settlement.id, kind, *own)
    late = kind == "Shipment" and int(mark[:2], 16) < DEFERRED_OF_256 and not first.prompt
    transaction: Transaction = {
        "sellingPartnerMetadata": {
            "sellingPartnerId": settlement.seller.id, "accountType": "PAYABLE", "marketplaceId": place.id,
        },
        "relatedIdentifiers": list(_related(settlement, first)),
        "transactionType": kind,
        "transactionId": mark[:43],
        "transactionStatus": "RELEASED",
        "description": DESCRIPTIONS.get(kind, first.description),
        "postedDate": zulu(first.posted),
        "totalAmount": amount(_sum(rows), place.currency),
        "marketplaceDetails": {"marketplaceId": place.id, "marketplaceName": place.name},
        "items": list(_items(rows, place.currency)),
        "breakdowns": _breakdowns(rows, place.currency),
    }  # fmt: skip
    if late:
        other = {"relatedIdentifierName": "DEFERRED_TRANSACTION_ID", "relatedIdentifierValue": mark[20:63]}
        transaction["relatedIdentifiers"].append(other)
    lag = timedelta(minutes=0 if first.prompt else int(mark[2:6], 16) % (47 * 60))
    return transaction, first.posted - DEFERRAL if late else None, lag


def _deferred(released: Transaction, deferred_at: datetime, matures: datetime, now: datetime) -> Transaction:
    """The held-back twin of a transaction, as it reads at `now`."""
    own = next(one["relatedIdentifierValue"] for one in released["relatedIdentifiers"]
               if one["relatedIdentifierName"] == "DEFERRED_TRANSACTION_ID")  # fmt: skip
    related = [one for one in released["relatedIdentifiers"]
               if one["relatedIdentifierName"] in ("ORDER_ID", "SHIPMENT_ID")]  # fmt: skip
    done = matures <= now
    if done:
        twin = {"relatedIdentifierName": "RELEASE_TRANSACTION_ID", "relatedIdentifierValue": released["transactionId"]}
        related = [*related, twin]
    context = {"contextType": "DeferredContext", "deferralReason": "DD7", "maturityDate": zulu(matures)}
    return {
        **released,
        "transactionId": own,
        "relatedIdentifiers": related,
        "transactionStatus": "DEFERRED_RELEASED" if done else "DEFERRED",
        "postedDate": zulu(deferred_at),
        "contexts": [context],
    }


def _related(settlement: Settlement, row: Row) -> Iterator[dict[str, str]]:
    names = (
        ("FINANCIAL_EVENT_GROUP_ID", settlement.group_id),
        ("SETTLEMENT_ID", settlement.id),
        ("ORDER_ID", row.order_id),
        ("SHIPMENT_ID", row.shipment_id),
        ("REFUND_ID", row.adjustment_id),
    )
    return ({"relatedIdentifierName": name, "relatedIdentifierValue": value} for name, value in names if value)


def _items(rows: list[Row], currency: str) -> Iterator[dict[str, Any]]:
    for code in dict.fromkeys(row.item_code for row in rows if row.item_code):
        own = [row for row in rows if row.item_code == code]
        product: dict[str, Any] = {"contextType": "ProductContext", "sku": own[0].sku, "fulfillmentNetwork": own[0].fulfillment}
        if own[0].quantity:
            product["quantityShipped"] = sum(
                row.quantity or 0 for row in own if row.description == "Principal" and row.amount > 0
            )
        yield {
            "relatedIdentifiers": [{"itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID", "itemRelatedIdentifierValue": code}],
            "totalAmount": amount(_sum(own), currency),
            "breakdowns": _breakdowns(own, currency),
            "contexts": [product],
        }


def _breakdowns(rows: list[Row], currency: str) -> list[dict[str, Any]]:
    """By group of charge, and within it by charge."""
    groups: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        otherwise = (GROUPS.get(row.amount_type, row.amount_type), row.description)
        group, part = PARTS.get((row.amount_type, row.description), otherwise)
        groups.setdefault(group, {}).setdefault(part, []).append(row)
    return [
        {
            "breakdownType": group,
            "breakdownAmount": amount(_sum(row for own in charges.values() for row in own), currency),
            "breakdowns": [
                {"breakdownType": charge, "breakdownAmount": amount(_sum(own), currency)} for charge, own in charges.items()
            ],
        }
        for group, charges in groups.items()
    ]


def _sum(rows: Iterable[Row]) -> Any:
    return sum((row.amount for row in rows), ZERO)
