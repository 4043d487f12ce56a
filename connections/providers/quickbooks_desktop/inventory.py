"""Goods in QuickBooks Desktop's words: items that are kept in stock, and adjustments of how many there are.

Pure. An adjustment has no type of its own among our documents: nothing of ours plans one, it is made where a flow is told
to count. What makes it ours is its ExternalGUID, made of the request's id; in its memo a person sees the mark.

Source: qbXML operations 14.0, ItemInventoryAdd, InventoryAdjustmentAdd and their answers.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any, Final

from connections.contracts import ItemSpec, StandingAdjustment, StockAdjustment, StockChange

from . import fields
from .numbers import MARKER, guid, hashed
from .qbxml import LINES, Body, Element, Unreadable, amount, needed, of

ENTITY: Final = "InventoryAdjustment"
GUID: Final = "ExternalGUID"


def stocked_item(spec: ItemSpec, text: str) -> dict[str, Any]:
    """What ItemInventoryAdd says behind the name: sales go to income, goods leave the asset for their cost."""
    return {
        **({"SalesDesc": text} if text else {}),
        **({"SalesPrice": fields.price(spec.price)} if spec.price is not None else {}),
        "IncomeAccountRef": fields.ref(spec.account),
        "COGSAccountRef": fields.ref(spec.cost_account),
        "AssetAccountRef": fields.ref(spec.asset_account),
    }


def marker(request_id: str) -> str:
    """Our mark of the adjustment that this request makes: always the same for the same request."""
    return f"{MARKER}{hashlib.sha256(request_id.encode()).hexdigest()[:40]}"


def number(request_id: str) -> str:
    """By which it is found again; believed is its ExternalGUID."""
    return hashed(request_id)


def add_body(adjustment: StockAdjustment, request_id: str) -> Body:
    """The element of an InventoryAdjustmentAdd request. Raises ValueError for a quantity of more than five decimals."""
    mark = marker(request_id)
    return {
        "InventoryAdjustmentAdd": {
            "AccountRef": fields.ref(adjustment.account),
            "TxnDate": adjustment.date.isoformat(),
            "RefNumber": number(request_id),
            "Memo": fields.memo(adjustment.memo, mark),
            GUID: guid(mark),
            LINES: [{"InventoryAdjustmentLineAdd": _line(change)} for change in adjustment.changes],
        }
    }


def _line(change: StockChange) -> Body:
    name, value = ("QuantityDifference", change.difference) if change.counted is None else ("NewQuantity", change.counted)
    assert value is not None  # noqa: S101 - a change says one of the two
    return {"ItemRef": fields.ref(change.item), "QuantityAdjustment": {name: fields.quantity(value)}}


def standing(element: Element) -> StandingAdjustment:
    """An adjustment as QuickBooks holds it. Raises Unreadable."""
    rows = list(element.iterchildren("InventoryAdjustmentLineRet"))
    adjustment = StockAdjustment(
        fields.day(element),
        needed(element, "AccountRef/ListID"),
        tuple(_change(row) for row in rows),
        fields.unmarked(of(element, "Memo")),
    )
    value = sum((amount(row, "ValueDifference") or fields.ZERO for row in rows), fields.ZERO)
    return StandingAdjustment(
        needed(element, "TxnID"), needed(element, "EditSequence"), of(element, "RefNumber"), adjustment, value
    )


def _change(row: Element) -> StockChange:
    difference = amount(row, "QuantityDifference")
    if difference is None:
        raise Unreadable("a line of an adjustment without a quantity")
    return StockChange(needed(row, "ItemRef/ListID"), difference=difference)


def is_ours(element: Element, request_id: str) -> bool:
    return of(element, GUID).upper() == guid(marker(request_id))


def item_facts(element: Element) -> dict[str, Any]:
    """What an item says of its price and its stock. Raises Unreadable."""
    places = ("SalesPrice", "SalesOrPurchase/Price", "SalesAndPurchase/SalesPrice")
    price = next((found for place in places if (found := amount(element, place)) is not None), None)
    held = amount(element, "QuantityOnHand")
    return {
        **({"price": _text(price)} if price is not None else {}),
        **({"tracked": True, "quantity": _text(held)} if held is not None else {}),
    }


def _text(value: Decimal) -> str:
    return f"{value:f}"
