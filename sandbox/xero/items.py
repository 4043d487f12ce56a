"""Items: what is sold and bought. A tracked one has an inventory account, a cost account, and quantities of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from sandbox.xero import chart
from sandbox.xero.books import Body, Books, Stored
from sandbox.xero.dates import moment
from sandbox.xero.errors import Invalid
from sandbox.xero.money import ZERO, number
from sandbox.xero.query import updated
from sandbox.xero.wire import flag

_LENGTHS: Final = {"Code": 30, "Name": 50, "Description": 4000, "PurchaseDescription": 4000}
_DETAILS: Final = ("AccountCode", "COGSAccountCode", "TaxType")


def find(books: Books, sent: Body) -> Stored | None:
    if sent.get("ItemID"):
        return books.find("Item", sent["ItemID"])
    return books.labelled("Item", str(sent["Code"])) if sent.get("Code") else None


def write(books: Books, sent: Body, old: Stored | None, options: Any) -> Stored:
    body = {**old.body} if old else {}
    for name, longest in _LENGTHS.items():
        if sent.get(name) is not None:
            body[name] = str(sent[name])
            if len(body[name]) > longest:
                raise Invalid(f"The {name} exceeds the maximum length of {longest} characters")
    if not body.get("Code"):
        raise Invalid("Price List Item Code must be specified")
    twin = books.labelled("Item", body["Code"])
    if twin and (not old or twin.id != old.id):
        raise Invalid(f"Price List Item with Code '{body['Code']}' already exists")
    for name in ("PurchaseDetails", "SalesDetails"):
        body[name] = {**body.get(name, {}), **_details(books, sent.get(name) or {})}
    for name in ("IsSold", "IsPurchased"):
        body[name] = flag(sent.get(name), body.get(name, True))
    if sent.get("InventoryAssetAccountCode"):
        body["InventoryAssetAccountCode"] = str(sent["InventoryAssetAccountCode"])
    body["IsTrackedAsInventory"] = bool(body.get("InventoryAssetAccountCode"))
    if body["IsTrackedAsInventory"]:
        _check_tracked(books, body, old)
    return books.save("Item", body, status="ACTIVE", old=old, label=body["Code"], object_id=sent.get("_id"))


def _details(books: Books, sent: Body) -> Body:
    found: Body = {name: str(sent[name]) for name in _DETAILS if sent.get(name)}
    if sent.get("UnitPrice") not in (None, ""):
        found["UnitPrice"] = number(sent["UnitPrice"], "UnitPrice").quantize(Decimal("0.0001"))
    for name in ("AccountCode", "COGSAccountCode"):
        if name in found:
            chart.on_line(books, {"AccountCode": found[name]})
    if "TaxType" in found and not books.labelled("TaxRate", found["TaxType"]):
        raise Invalid(f"The TaxType code '{found['TaxType']}' does not exist or cannot be used for this type of transaction.")
    return found


def _check_tracked(books: Books, body: Body, old: Stored | None) -> None:
    asset = books.labelled("Account", body["InventoryAssetAccountCode"])
    if asset is None or asset.body["Type"] != chart.INVENTORY:
        raise Invalid("The inventory asset account must be an account of type INVENTORY")
    goods = books.labelled("Account", str(body["PurchaseDetails"].get("COGSAccountCode", "")))
    if goods is None or goods.body["Type"] not in ("DIRECTCOSTS", "EXPENSE", "OVERHEADS"):
        raise Invalid("A tracked inventory item needs a cost of goods sold account")
    if old and not old.body["IsTrackedAsInventory"] and _used(books, old):
        raise Invalid("An item that is used in transactions cannot become tracked")


def _used(books: Books, item: Stored) -> bool:
    query = "SELECT 1 FROM xero_object WHERE tenant = ? AND kind IN ('Invoice', 'CreditNote', 'BankTransaction') AND body LIKE ?"
    return books.conn.execute(query, (books.tenant, f"%{item.id}%")).fetchone() is not None


def delete(books: Books, old: Stored) -> Stored:
    if books.on_hand(old.id)[0]:
        raise Invalid("A tracked item with a quantity on hand cannot be deleted")
    return books.save("Item", old.body, status="DELETED", old=old, label=old.body["Code"])


def show(books: Books, stored: Stored, full: bool, options: Any) -> Body:
    body = stored.body
    shown = {
        "ItemID": stored.id, **{name: body[name] for name in _LENGTHS if body.get(name)},
        "IsSold": body["IsSold"], "IsPurchased": body["IsPurchased"], "IsTrackedAsInventory": body["IsTrackedAsInventory"],
        "UpdatedDateUTC": moment(updated(stored)),
    }  # fmt: skip
    for name in ("PurchaseDetails", "SalesDetails"):
        shown[name] = _priced(body[name], options.unitdp)
    if body["IsTrackedAsInventory"]:
        quantity, pool = books.on_hand(stored.id)
        account = {"InventoryAssetAccountCode": body["InventoryAssetAccountCode"]}
        shown |= {**account, "QuantityOnHand": quantity, "TotalCostPool": pool + ZERO}
    return shown


def _priced(details: Body, unitdp: int) -> Body:
    if "UnitPrice" not in details:
        return details
    return {**details, "UnitPrice": Decimal(details["UnitPrice"]).quantize(Decimal(1).scaleb(-unitdp), rounding="ROUND_HALF_UP")}
