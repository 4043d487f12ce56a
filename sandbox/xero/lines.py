"""The lines of invoices, credit notes and bank transactions: read, checked, taxed, and turned into postings."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sandbox.xero import chart, taxes, tracking
from sandbox.xero.books import Body, Books, Effects, Posting, Stored
from sandbox.xero.errors import Invalid
from sandbox.xero.money import ZERO, number, rounded, step

SALE, PURCHASE = "sale", "purchase"
_DETAILS: Final = {SALE: "SalesDetails", PURCHASE: "PurchaseDetails"}
_MOST_TRACKING: Final = 2


@dataclass(frozen=True, slots=True)
class Terms:
    """What all lines of a document share. `strict`: the document is past being a draft."""

    side: str
    model: str
    currency: str
    strict: bool
    unitdp: int


def read(books: Books, sent: Any, terms: Terms) -> list[Body]:
    """Checked lines as they are kept. Raises Invalid."""
    if not isinstance(sent, list) or (terms.strict and not sent):
        raise Invalid("One or more line items must be specified")
    return [_read(books, line, terms) for line in sent]


def _read(books: Books, sent: Body, terms: Terms) -> Body:
    line = _with_item(books, sent, terms)
    if terms.strict and not line.get("Description"):
        raise Invalid("The line item description must be specified")
    quantity, unit, amount = _amounts(line, terms)
    account = chart.on_line(books, line, needed=terms.strict)
    rate = _rate(books, line, account, terms)
    net, tax = (amount, ZERO) if rate is None else taxes.split(rate, amount, terms.model, terms.currency, line.get("TaxAmount"))
    kept: Body = {
        "LineItemID": str(line.get("LineItemID") or uuid.uuid4()), "Description": line.get("Description", ""),
        "Quantity": quantity, "UnitAmount": unit, "LineAmount": amount, "TaxType": _shown_type(books, rate, terms),
        "TaxAmount": tax, "Tracking": tracking.on_line(books, line.get("Tracking"), _MOST_TRACKING), "_net": net,
    }  # fmt: skip
    kept |= {name: number(line[name], name) for name in ("DiscountRate", "DiscountAmount") if line.get(name) not in (None, "")}
    if account:
        kept |= {"AccountCode": account.body.get("Code", ""), "AccountID": account.id}
    return kept | ({"ItemCode": line["ItemCode"], "Item": line["Item"]} if line.get("Item") else {})


def _with_item(books: Books, sent: Body, terms: Terms) -> Body:
    """The line with what its item says where the line itself is silent."""
    line = {name: value for name, value in sent.items() if value is not None and name != "Item"}
    if not line.get("ItemCode"):
        return line
    item = books.labelled("Item", str(line["ItemCode"]))
    if item is None:
        raise Invalid(f"Item code '{line['ItemCode']}' is not valid")
    body = item.body
    details = body.get(_DETAILS[terms.side], {})
    silent = {
        "Description": body.get("Description" if terms.side == SALE else "PurchaseDescription") or body.get("Name"),
        "UnitAmount": details.get("UnitPrice"), "TaxType": details.get("TaxType"),
        "AccountCode": details.get("AccountCode"),
    }  # fmt: skip
    if body["IsTrackedAsInventory"] and terms.side == PURCHASE:
        silent["AccountCode"] = body["InventoryAssetAccountCode"]
    known = {name: value for name, value in silent.items() if value is not None}
    return {**known, **line, "Item": {"ItemID": item.id, "Code": body["Code"], "Name": body.get("Name", body["Code"])}}


def _amounts(line: Body, terms: Terms) -> tuple[Decimal, Decimal, Decimal]:
    """Quantity, unit amount and line amount, whichever of the three were sent."""
    given = line.get("LineAmount")
    quantity = number(line.get("Quantity", 1), "Quantity")
    places = Decimal(1).scaleb(-terms.unitdp)
    if line.get("UnitAmount") in (None, ""):
        whole = number(given or 0, "LineAmount")
        unit = whole / quantity if quantity else ZERO
    else:
        unit = number(line["UnitAmount"], "UnitAmount").quantize(places, rounding="ROUND_HALF_UP")
    full = quantity * unit
    off = full * number(line.get("DiscountRate") or 0, "DiscountRate") / 100 + number(
        line.get("DiscountAmount") or 0, "DiscountAmount"
    )
    amount = rounded(full - off, terms.currency)
    if given not in (None, "") and abs(number(given, "LineAmount") - amount) >= step(terms.currency):
        raise Invalid(f"The line total {number(given)} does not match the expected line total {amount}")
    return quantity, unit, amount


def _rate(books: Books, line: Body, account: Stored | None, terms: Terms) -> Stored | None:
    """The line's own tax type, else its account's default; none where the document has no tax."""
    if terms.model == taxes.NO_TAX:
        return None
    tax_type = line.get("TaxType") or (account.body["TaxType"] if account else None)
    return taxes.chosen(books, str(tax_type), account) if tax_type else None


def _shown_type(books: Books, rate: Stored | None, terms: Terms) -> str:
    if terms.model == taxes.NO_TAX:
        return "NONE"
    return str(rate.body["TaxType"]) if rate else chart.no_tax(books)


def totals(kept: Iterable[Body]) -> Body:
    """SubTotal is without tax, Total with it."""
    many = list(kept)
    net = sum((line["_net"] for line in many), ZERO)
    tax = sum((line["TaxAmount"] for line in many), ZERO)
    return {"SubTotal": net, "TotalTax": tax, "Total": net + tax}


def show(kept: Iterable[Body], unitdp: int) -> list[Body]:
    places = Decimal(1).scaleb(-unitdp)
    return [
        {name: value for name, value in line.items() if name != "_net"}
        | {"UnitAmount": Decimal(line["UnitAmount"]).quantize(places, rounding="ROUND_HALF_UP")}
        for line in kept
    ]


def effects(books: Books, body: Body, control: Stored, direction: int, stock: Any = None) -> Effects:
    """The postings of a document: `direction` +1 where its lines are debits, -1 where they are credits.

    Each line is converted by itself; the control account takes exactly their sum, so that nothing is left over.
    """
    rate, currency = Decimal(body["CurrencyRate"]), body["CurrencyCode"]
    contact = body.get("ContactID")
    found = Effects()
    for line in body["LineItems"]:
        account = stock(line, found) if stock else None
        own = direction * Decimal(line["_net"])
        found.postings.append(
            Posting(account or line["AccountID"], books.in_base(own, rate), own, currency, contact, line["Description"])
        )
    tax = direction * sum((Decimal(line["TaxAmount"]) for line in body["LineItems"]), ZERO)
    if tax:
        found.postings.append(Posting(chart.system(books, chart.TAX).id, books.in_base(tax, rate), tax, currency, contact))
    base = -sum((posting.base for posting in found.postings), ZERO)
    found.postings.insert(0, Posting(control.id, base, -direction * Decimal(body["Total"]), currency, contact))
    return found
