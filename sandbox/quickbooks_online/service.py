"""What a caller can do to a company's objects: create, read, update (full and sparse), delete, void."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sandbox.quickbooks_online import accounts, faults, lists, payments, purchases, sales
from sandbox.quickbooks_online.accept import accept
from sandbox.quickbooks_online.company import Body, Company, Effects, Posting, Stored
from sandbox.quickbooks_online.deposit import deposit
from sandbox.quickbooks_online.entry import Entry, check_open
from sandbox.quickbooks_online.journal import journal
from sandbox.quickbooks_online.kinds import KINDS, TXN, Kind
from sandbox.quickbooks_online.money import ZERO, rounded
from sandbox.quickbooks_online.show import show

POST: Final[dict[str, Callable[[Entry], None]]] = {
    "JournalEntry": journal,
    "Deposit": deposit,
    "SalesReceipt": sales.sale,
    "Invoice": sales.sale,
    "CreditMemo": sales.sale,
    "RefundReceipt": sales.sale,
    "Payment": payments.payment,
    "Bill": purchases.bill,
    "Purchase": purchases.purchase,
    "PurchaseOrder": purchases.purchase_order,
    "Transfer": purchases.transfer,
    "InventoryAdjustment": purchases.inventory_adjustment,
}
_IDENTITY: Final = ("Id", "SyncToken", "sparse")
_CARRIED: Final = ("CurrencyRef", "Active")


@dataclass(frozen=True, slots=True)
class Options:
    """`operation` and `include` of a request, from its query string or a batch item's optionsData."""

    operation: str = ""
    include: frozenset[str] = frozenset()

    @property
    def void(self) -> bool:
        return self.operation == "void" or "void" in self.include


def write(company: Company, kind: Kind, sent: Any, options: Options) -> Body:
    """Do what a POST asks for and return the object's answer (without envelope)."""
    if options.operation not in ("", "create", "update", "delete", "void"):
        raise faults.unsupported_operation(options.operation)
    if options.operation == "delete":
        return delete(company, kind, sent)
    if options.void:
        return void(company, kind, sent)
    body = accept(kind.name, sent)
    if body.get("Id") or kind.name in ("Preferences", "CompanyInfo"):
        return update(company, kind, body, options)
    return create(company, kind, body, options)


def read(company: Company, kind: Kind, object_id: str) -> Body:
    return show(company, _live(company, kind, object_id))


def _live(company: Company, kind: Kind, object_id: str) -> Stored:
    stored = company.find(kind.name, object_id)
    if stored is None or stored.deleted:
        raise faults.not_found(f"Something you're trying to use has been made inactive or doesn't exist: {kind.name} {object_id}")
    return stored


def _allow(kind: Kind, verb: str) -> None:
    if verb not in kind.verbs:
        raise faults.unsupported_operation(f"{verb} on {kind.name}")


def create(company: Company, kind: Kind, body: Body, options: Options) -> Body:
    _allow(kind, "create")
    return show(company, _save(company, kind, _without(body, _IDENTITY), None, options))


def update(company: Company, kind: Kind, body: Body, options: Options) -> Body:
    _allow(kind, "update")
    stored = _held(company, kind, body)
    changes = _without(body, _IDENTITY)
    if body.get("sparse"):
        merged = {**stored.body, **changes}
        if "Line" in changes and "TxnTaxDetail" not in changes:
            merged.pop("TxnTaxDetail", None)
    else:
        merged = {**{name: stored.body[name] for name in _CARRIED if name in stored.body}, **changes}
    return show(company, _save(company, kind, merged, stored, options))


def _held(company: Company, kind: Kind, body: Body) -> Stored:
    """The object to change, if the caller knows its newest version (5010) and it may be changed at all."""
    stored = _live(company, kind, body.get("Id") or "1")
    token = body.get("SyncToken")
    if token is None:
        raise faults.missing("SyncToken")
    if str(token) != str(stored.sync_token):
        raise faults.stale()
    if kind.family == TXN:
        check_open(company, stored.body["TxnDate"])
        if any(who == "Deposit" for who, _, _ in company.linked_to(kind.name, stored.id)):
            raise faults.deposited()
    return stored


def _save(company: Company, kind: Kind, body: Body, old: Stored | None, options: Options) -> Stored:
    if kind.family != TXN:
        prepared = lists.RULES[kind.name](company, body, old)
        stored = company.replace(old, prepared) if old else company.insert(kind.name, prepared)
        if not old and kind.name == "Item" and prepared["Type"] == "Inventory":
            _opening_stock(company, stored)
        return stored
    entry = Entry(company, kind.name, body, old)
    entry.header()
    if "allowduplicatedocnum" not in options.include:
        entry.check_number()
    POST[kind.name](entry)
    effects = entry.close()
    stored = company.replace(old, entry.body) if old else company.insert(kind.name, entry.body)
    company.apply(kind.name, stored.id, entry.body["TxnDate"], effects)
    if company.rules["links_touch"]:
        for kind_of, txn in dict.fromkeys((link.kind, link.id) for link in effects.links):
            linked = _live(company, KINDS[kind_of], txn)
            company.replace(linked, linked.body)
    return stored


def _opening_stock(company: Company, stored: Stored) -> None:
    """The first quantity of an inventory item, against opening balance equity."""
    quantity = stored.body["QtyOnHand"]
    value = rounded(quantity * stored.body.get("PurchaseCost", ZERO), company.home)
    equity = accounts.special(company, "OpeningBalanceEquity")
    effects = Effects(stock=[(stored.id, quantity)])
    if value:
        asset = stored.body["AssetAccountRef"]["value"]
        effects.postings = [Posting(asset, value, value, company.home), Posting(equity.id, -value, -value, company.home)]
    company.apply("Item", stored.id, stored.body["InvStartDate"], effects)


def delete(company: Company, kind: Kind, sent: Any) -> Body:
    _allow(kind, "delete")
    stored = _held(company, kind, _identified(sent))
    company.withdraw(kind.name, stored.id)
    payments.free(company, kind.name, stored.id)
    company.remove(stored)
    return {"domain": "QBO", "status": "Deleted", "Id": stored.id}


def void(company: Company, kind: Kind, sent: Any) -> Body:
    """Keep the document, at zero."""
    _allow(kind, "void")
    stored = _held(company, kind, _identified(sent))
    company.withdraw(kind.name, stored.id)
    payments.free(company, kind.name, stored.id)
    body = {**stored.body, "PrivateNote": "Voided", "TotalAmt": ZERO}
    body["Line"] = [_emptied(line) for line in stored.body.get("Line", [])]
    if "TxnTaxDetail" in body:
        body["TxnTaxDetail"] = {"TotalTax": ZERO}
    if "UnappliedAmt" in body:
        body["UnappliedAmt"] = ZERO
    return show(company, company.replace(stored, body, "Void"))


def _emptied(line: Body) -> Body:
    detail = line.get(str(line.get("DetailType")))
    emptied = {**line, "Amount": ZERO}
    emptied.pop("LinkedTxn", None)
    if isinstance(detail, dict) and "Qty" in detail:
        emptied[line["DetailType"]] = {**detail, "Qty": ZERO}
    return emptied


def _identified(sent: Any) -> Body:
    if not isinstance(sent, dict) or not sent.get("Id"):
        raise faults.missing("Id")
    return {"Id": str(sent["Id"]), "SyncToken": sent.get("SyncToken")}


def _without(body: Body, names: tuple[str, ...]) -> Body:
    return {name: value for name, value in body.items() if name not in names}
