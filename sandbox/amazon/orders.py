"""Orders 2026-01-01: searchOrders by what was created or updated since, and getOrder.

Times up to two minutes ago can be asked for, and are meant where none is given. A page token lives a day and
goes with the arguments of its listing, which stays as it was at the first page (model
`orders_2026-01-01`; the life of tokens is told by Amazon's migration guide).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.amazon.calls import Call, bad_input, not_found, pack, unpack, zulu
from sandbox.amazon.lives import Life, Version
from sandbox.amazon.orderjson import DATASETS, order_json

STATUSES = ("PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE")
FULFILLERS = {"MERCHANT": "MFN", "AMAZON": "AFN"}
FRESHEST, TOKEN_LIFE = timedelta(minutes=2), timedelta(hours=24)
HISTORY = timedelta(days=730)
ARGUMENTS = ("createdAfter", "createdBefore", "lastUpdatedAfter", "lastUpdatedBefore", "maxResultsPerPage")
LISTS = ("marketplaceIds", "fulfillmentStatuses", "fulfilledBy", "includedData")
Found = tuple[datetime, Life, Version]


def search_orders(call: Call) -> dict[str, Any]:
    """`searchOrders`: oldest change (or placing) first."""
    given: dict[str, Any] = {name: call.one(name) for name in ARGUMENTS} | {name: call.many(name) for name in LISTS}
    token = call.one("paginationToken")
    fresh: dict[str, Any] = {"offset": 0, "issued": zulu(call.now), "given": given}
    state = _state(call, token, given) if token else fresh
    issued = datetime.fromisoformat(state["issued"])
    by, after, before = _span(call, issued)
    size, wanted = call.whole("maxResultsPerPage", 100, 1, 100), call.choice("includedData", DATASETS)
    found = _found(call, by, after, before, issued)
    offset = int(state["offset"])
    page: dict[str, Any] = {
        "orders": [order_json(life, version, wanted) for _, life, version in found[offset : offset + size]],
        f"{by}Before": zulu(before),
    }
    if offset + size < len(found):
        page["pagination"] = {"nextToken": pack({**state, "offset": offset + size})}
    return page


def _state(call: Call, token: str, given: dict[str, Any]) -> dict[str, Any]:
    state = unpack(token)
    if state.get("given") != given:
        raise bad_input("paginationToken needs the arguments of the call that gave it")
    if call.now - datetime.fromisoformat(state["issued"]) > TOKEN_LIFE:
        raise bad_input("paginationToken has expired")
    return state


def _span(call: Call, issued: datetime) -> tuple[str, datetime, datetime]:
    """(created or lastUpdated, from, to), both ends included. Raises Refusal for what the model does not allow."""
    newest = issued - FRESHEST
    named = [by for by in ("created", "lastUpdated") if call.one(f"{by}After")]
    if len(named) != 1:
        raise bad_input("exactly one of createdAfter and lastUpdatedAfter must be given")
    by, other = named[0], "lastUpdated" if named[0] == "created" else "created"
    if call.one(f"{other}Before"):
        raise bad_input(f"{other}Before cannot go with {by}After")
    after, before = call.instant(f"{by}After"), call.instant(f"{by}Before") or newest
    if after is None or before < after or before > newest:
        raise bad_input(f"{by}Before must be at or after {by}After and at least two minutes before the request")
    return by, after, before


def _found(call: Call, by: str, after: datetime, before: datetime, issued: datetime) -> list[Found]:
    """Orders in the span, as they stood at `before` or, listed by creation, when the listing began."""
    statuses, fulfilled_by = call.choice("fulfillmentStatuses", STATUSES), call.choice("fulfilledBy", tuple(FULFILLERS))
    places, fulfillments = call.many("marketplaceIds", 50), [FULFILLERS[one] for one in fulfilled_by]
    found: list[Found] = []
    for life in call.shops.lives(call.seller):
        if (places and life.place.id not in places) or (fulfillments and life.fulfillment not in fulfillments):
            continue
        version = life.at(issued)
        if version is None or life.purchased < issued - HISTORY or (statuses and version.status not in statuses):
            continue
        at = life.purchased if by == "created" else version.at
        if after <= at <= before:
            found.append((at, life, version))
    return sorted(found, key=lambda one: (one[0], one[1].id))


def get_order(call: Call) -> dict[str, Any]:
    """`getOrder`: as it is at this moment."""
    wanted = call.choice("includedData", DATASETS)
    for life in call.shops.lives(call.seller):
        version = life.at(call.now) if life.id == call.path["orderId"] else None
        if version is not None:
            return {"order": order_json(life, version, wanted)}
    raise not_found(f"order {call.path['orderId']}")
