"""Tracked items: bills bring quantity and cost in, invoices take it out at the weighted average, and not below zero."""

from __future__ import annotations

from decimal import Decimal

from sandbox.xero import chart
from sandbox.xero.books import Body, Books, Effects, Move, Posting, Stored
from sandbox.xero.errors import Invalid
from sandbox.xero.money import rounded


class Mover:
    """What a document's lines do to stock. `sign` +1 brings quantity in, -1 takes it out; `purchase`: at the line's own
    cost (a bill, a supplier's credit), else at the weighted average (an invoice, a customer's credit)."""

    def __init__(self, books: Books, document: Stored, sign: int, *, purchase: bool) -> None:
        self.books, self.sign, self.purchase = books, sign, purchase
        self.rate = Decimal(document.body["CurrencyRate"])
        books.unpost(document)  # an edit starts from what is there without it
        self.costs: list[Posting] = []
        self.items: set[str] = set()

    def __call__(self, line: Body, found: Effects) -> str | None:
        """Note the line's movement; the account that takes its amount, if it isn't the line's own."""
        item = self.books.find("Item", line["Item"]["ItemID"]) if line.get("Item") else None
        if item is None or not item.body["IsTrackedAsInventory"]:
            return None
        self.items.add(item.id)
        asset = _account(self.books, item.body["InventoryAssetAccountCode"])
        quantity = self.sign * Decimal(line["Quantity"])
        if self.purchase:
            found.stock.append(Move(item.id, quantity, self.books.in_base(self.sign * Decimal(line["_net"]), self.rate)))
            return asset.id
        cost = self._average(item, quantity, found)
        found.stock.append(Move(item.id, quantity, cost))
        goods = _account(self.books, item.body["PurchaseDetails"]["COGSAccountCode"])
        for account, value in ((asset, cost), (goods, -cost)):
            self.costs.append(Posting(account.id, value, value, self.books.base, memo=item.body["Code"]))
        return None

    def _average(self, item: Stored, quantity: Decimal, found: Effects) -> Decimal:
        """The cost of a movement at the average; taking the last one out takes the whole pool."""
        held, pool = self.books.on_hand(item.id)
        for move in found.stock:
            if move.item == item.id:
                held, pool = held + move.quantity, pool + move.cost
        if held + quantity == 0:
            return -pool
        return rounded(pool * quantity / held, self.books.base) if held else Decimal("0.00")

    def finish(self, found: Effects) -> None:
        """Add the cost of what was sold. Raises Invalid where more is taken than there is."""
        found.postings += self.costs
        for item in self.items:
            held, _ = self.books.on_hand(item)
            left = held + sum((move.quantity for move in found.stock if move.item == item), Decimal(0))
            if left < 0:
                raise _short(self.books, item, held)


def _account(books: Books, code: str) -> Stored:
    """An account of an item, which was checked when the item was made."""
    found = chart.find(books, {"Code": code})
    if found is None:
        raise Invalid(f"Account code '{code}' is not a valid code for this document.")
    return found


def check(books: Books, document: Stored) -> None:
    """After a document was taken out: no item that it held may be below zero. Raises Invalid."""
    for line in document.body["LineItems"]:
        held, _ = books.on_hand(line["Item"]["ItemID"]) if line.get("Item") else (Decimal(0), None)
        if held < 0:
            raise _short(books, line["Item"]["ItemID"], held)


def _short(books: Books, item_id: str, held: Decimal) -> Invalid:
    item = books.need("Item", item_id)
    return Invalid(f"Item '{item.body['Code']}' has insufficient quantity on hand: {held:f}")
