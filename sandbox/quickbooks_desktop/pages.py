"""What a person sees at the desktops: a file's trial balance, registers, documents and lists, and its Web Connector."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from decimal import Decimal
from html import escape
from typing import Final

from werkzeug.wrappers import Request, Response

from sandbox.quickbooks_desktop import window
from sandbox.quickbooks_desktop.company import Company, Stored, files
from sandbox.quickbooks_desktop.kinds import ITEMS, PEOPLE, TXNS
from sandbox.quickbooks_desktop.ledger import movements, register, totals, trial_balance
from sandbox.quickbooks_desktop.markup import amount, card, facts, framed, link, missing, sides, table
from sandbox.quickbooks_desktop.money import ZERO, shown
from sandbox.quickbooks_desktop.read import Body
from sandbox.world import World

TITLES: Final = {
    "JournalEntry": "General journal entry", "SalesReceipt": "Sales receipt", "CreditMemo": "Credit memo",
    "ReceivePayment": "Customer payment", "ARRefundCreditCard": "Customer refund",
    "InventoryAdjustment": "Inventory adjustment",
}  # fmt: skip
_PLACES: Final = (
    ("trial", "Trial balance"), ("documents", "Transactions"), ("people", "Customers and vendors"), ("items", "Items"),
    ("connector", "Web Connector"),
)  # fmt: skip
_TOTALS: Final = ("TotalAmount", "DepositTotal", "AmountDue", "Amount")


def links() -> list[tuple[str, str]]:
    return [("/app/", "Company files and their Web Connectors")]


def handle(world: World, request: Request, where: list[str]) -> Response:
    """`[]` the files, `[file]` its trial balance, `[file, page]` one of its pages."""
    root = str(request.environ.get("SCRIPT_NAME", "")) + "/app"
    with world.db() as conn:
        if not where or not where[0]:
            return _files(conn, world, root)
        try:
            company = Company(conn, where[0], world.now())
        except KeyError:
            return missing("There is no such company file.")
        return _Books(company, root).show(request, where[1] if len(where) > 1 and where[1] else "trial")


def _files(conn: sqlite3.Connection, world: World, root: str) -> Response:
    books = [Company(conn, file, world.now()) for file in files(conn)]
    rows = [
        (
            link(f"{root}/{company.file}/trial", company.info["name"]), escape(company.info["product"]),
            f"<code>{escape(company.info['path'])}</code>", link(f"{root}/{company.file}/connector", "Web Connector"),
        )
        for company in books
    ]  # fmt: skip
    return framed("Company files", card("Company files", table(("Company", "~Product", "~File", "Connector"), rows)))


class _Books:
    """The pages of one file."""

    def __init__(self, company: Company, root: str) -> None:
        self.company, self.root, self.here = company, root, f"{root}/{company.file}"

    def show(self, request: Request, name: str) -> Response:
        chosen = request.args.get("id", "")
        pages: dict[str, Callable[[], Response]] = {
            "trial": self._trial, "documents": self._documents, "people": self._people, "items": self._items,
            "document": lambda: self._document(chosen), "account": lambda: self._account(chosen),
            "connector": lambda: self._framed("Web Connector", window.connector(self.company, self.here)),
            "session": lambda: self._framed("Update", window.session(self.company, chosen)),
        }  # fmt: skip
        return pages[name]() if name in pages else missing("There is no such page.")

    def _framed(self, title: str, body: str) -> Response:
        places = [(f"{self.root}/", "Files"), *((f"{self.here}/{path}", text) for path, text in _PLACES)]
        nav = "".join(link(href, text) for href, text in places)
        return framed(f"{title}, {self.company.info['name']}", f"<nav>{nav}</nav>{body}")

    def _trial(self) -> Response:
        found = trial_balance(self.company)
        rows = [(self._account_link(row.account, row.name), row.kind, *sides(row.balance)) for row in found]
        made = table(("Account", "~Type", "#Debit", "#Credit"), rows, ("Total", "", *map(amount, totals(found))), "Empty.")
        return self._framed("Trial balance", card("Trial balance", made, self.company.info["name"]))

    def _account_link(self, account: str, name: str) -> str:
        return link(f"{self.here}/account?id={account}", name)

    def _txn_link(self, stored: Stored, text: str = "") -> str:
        title = TITLES.get(stored.kind, stored.kind)
        return link(f"{self.here}/document?id={stored.id}", text or f"{title} {stored.body.get('RefNumber', '')}".strip())

    def _documents(self) -> Response:
        found = [stored for kind in TXNS for stored in self.company.all(kind)]
        found.sort(key=lambda stored: (stored.body["TxnDate"], stored.number), reverse=True)
        rows = [
            (s.body["TxnDate"], self._txn_link(s), escape(_name_of(s)), escape(s.body.get("Memo", "")), amount(_total(s.body)))
            for s in found
        ]
        made = table(("=Date", "Transaction", "~Name", "~Memo", "#Total"), rows, empty="No transactions yet.")
        return self._framed("Transactions", card("Transactions", made, self.company.info["name"]))

    def _document(self, txn: str) -> Response:
        stored = self.company.find(txn, *TXNS)
        if stored is None or stored.deleted:
            return missing("This transaction was deleted." if stored else "There is no such transaction in this file.")
        body, title = stored.body, TITLES.get(stored.kind, stored.kind)
        about = facts({
            "Date": body["TxnDate"], "Number": body.get("RefNumber"), "Name": _name_of(stored), "Due": body.get("DueDate"),
            "Sales tax": body.get("SalesTaxTotal"), "Currency": body.get("CurrencyRef", {}).get("FullName"),
            "Total": amount(_total(body)), "Memo": body.get("Memo"), "Ship to": _address(body.get("ShipAddress", {})),
            "External GUID": body.get("ExternalGUID"), "TxnID": stored.id,
            "Version": f"{stored.edit}, last changed {stored.updated[:16].replace('T', ' ')}",
        })  # fmt: skip
        lines = table(("Account or item", "~Memo", "#Quantity", "#Amount"), map(_line, body.get("lines", [])), empty="No lines.")
        made = f"{card(title, about + lines)}<div class='card'><h2>In the books</h2>{self._postings(txn)}</div>"
        return self._framed(f"{title} {body.get('RefNumber', '')}".strip(), made)

    def _postings(self, txn: str) -> str:
        found = movements(self.company, txn)
        debit = amount(sum((value for _, _, value in found if value > 0), ZERO))
        names = {account.id: account.name for account in self.company.all("Account")}
        rows = [(self._account_link(account, names.get(account, account)), *sides(value)) for account, _, value in found]
        return table(("Account", "#Debit", "#Credit"), rows, ("Total", debit, debit), "No postings.")

    def _account(self, account: str) -> Response:
        stored = self.company.find(account, "Account")
        if stored is None:
            return missing("There is no such account in this file.")
        rows, balance = [], ZERO
        for move in register(self.company, account):
            balance += move.amount
            txn = self.company.need(move.txn)
            rows.append((move.day, self._txn_link(txn), escape(move.memo), *sides(move.amount), amount(balance)))
        heads = ("=Date", "Transaction", "~Memo", "#Debit", "#Credit", "#Balance")
        state = "" if stored.active else ", inactive"
        made = table(heads, rows, empty="Nothing has been posted to this account.")
        return self._framed(stored.name, card(stored.name, made, f"{stored.body['AccountType']}{state}"))

    def _people(self) -> Response:
        rows = [
            (escape(s.name), s.kind, escape(s.body.get("Email", "")), amount(abs(self.company.sum("own", "party = ?", s.id))))
            for kind in PEOPLE
            for s in self.company.all(kind)
        ]
        made = table(("Name", "~Kind", "~E-mail", "#Balance"), rows)
        return self._framed("Customers and vendors", card("Customers and vendors", made, self.company.info["name"]))

    def _items(self) -> Response:
        rows = [self._item(stored) for kind in ITEMS for stored in self.company.all(kind)]
        made = table(("Item", "~Kind", "~Description", "#On hand", "#Value"), rows)
        return self._framed("Items", card("Items", made, self.company.info["name"]))

    def _item(self, stored: Stored) -> tuple[str, ...]:
        held = self.company.stock(stored.id) if stored.kind == "ItemInventory" else None
        counted = (shown(held[0]), amount(held[1])) if held else ("", "")
        return (escape(stored.name), stored.kind.removeprefix("Item"), escape(stored.body.get("SalesDesc", "")), *counted)


def _total(body: Body) -> Decimal:
    """What a transaction comes to: its total, or its journal's debits."""
    for name in _TOTALS:
        if name in body:
            return Decimal(body[name])
    lines = [line for line in body.get("lines", []) if line["tag"] in ("JournalDebitLine", "InventoryAdjustmentLine")]
    return sum((Decimal(line.get("Amount") or line.get("ValueDifference", "0")) for line in lines), ZERO)


def _name_of(stored: Stored) -> str:
    for name in ("CustomerRef", "VendorRef", "PayeeEntityRef", "DepositToAccountRef"):
        if name in stored.body:
            return str(stored.body[name]["FullName"])
    return ""


def _address(given: Body) -> str:
    names = ("Addr1", "Addr2", "Addr3", "City", "State", "PostalCode", "Country")
    return ", ".join(given[name] for name in names if given.get(name))


def _line(line: Body) -> tuple[str, ...]:
    ref = line.get("ItemRef") or line.get("AccountRef") or {"FullName": line.get("TxnType", "")}
    side = {"JournalDebitLine": " (debit)", "JournalCreditLine": " (credit)"}.get(line["tag"], "")
    value = line.get("Amount") or line.get("RefundAmount") or line.get("ValueDifference") or "0"
    count = line.get("Quantity") or line.get("QuantityDifference", "")
    return (escape(ref["FullName"] + side), escape(line.get("Memo") or line.get("Desc", "")), count, amount(Decimal(value)))
