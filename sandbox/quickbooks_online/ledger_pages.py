"""The pages inside QuickBooks that the product links to: a document as a ledger shows it, an account, the trial balance."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from html import escape
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from sandbox.pages import page
from sandbox.quickbooks_online.company import Company, Stored
from sandbox.quickbooks_online.kinds import KINDS, TXN
from sandbox.quickbooks_online.ledger import movements, register, totals, trial_balance
from sandbox.quickbooks_online.oauth import GREEN
from sandbox.quickbooks_online.show import show
from sandbox.world import World

# As in QuickBooks' own addresses: /app/journal?txnId=12
_PATHS: Final = {
    "journal": "JournalEntry",
    "deposit": "Deposit",
    "salesreceipt": "SalesReceipt",
    "invoice": "Invoice",
    "recvpayment": "Payment",
    "creditmemo": "CreditMemo",
    "refundreceipt": "RefundReceipt",
    "bill": "Bill",
    "expense": "Purchase",
    "purchaseorder": "PurchaseOrder",
    "transfer": "Transfer",
    "inventoryadjustment": "InventoryAdjustment",
}
_NAMES: Final = {kind: path for path, kind in _PATHS.items()}
_TITLES: Final = {
    "JournalEntry": "Journal entry",
    "SalesReceipt": "Sales receipt",
    "CreditMemo": "Credit memo",
    "RefundReceipt": "Refund receipt",
    "Purchase": "Expense",
    "PurchaseOrder": "Purchase order",
    "InventoryAdjustment": "Inventory adjustment",
}
_TAX_MODELS: Final = {"TaxInclusive": "inclusive of tax", "TaxExcluded": "exclusive of tax"}
_STYLE: Final = """<style>
main { max-width: 60rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .45rem .6rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 600; font-size: .85rem }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tfoot td { font-weight: 700; border-bottom: 0; border-top: 2px solid var(--ink) }
@media (max-width: 480px) { th, td { padding: .4rem .25rem; font-size: .85rem } .s { display: none } .card { padding: 1rem } }
@media (min-width: 481px) { .k { white-space: nowrap } }
.wide { overflow-x: auto } dl.facts { margin: .6rem 0 1.2rem } nav { margin-bottom: 1rem } nav a { margin-right: 1rem }
</style>"""


def links() -> list[tuple[str, str]]:
    return [("/app/", "Companies and their books"), ("/.well-known/openid_sandbox_configuration/", "Discovery document")]


def handle(world: World, request: Request, where: list[str]) -> Response:
    """`[]` the companies, `[realm]` a trial balance, `[realm, page]` a document, an account or the list of documents."""
    with world.db() as conn:
        if not where or not where[0]:
            return _companies(conn, _root(request))
        try:
            company = Company(conn, where[0], world.now())
        except KeyError:
            return _missing("There is no such company.")
        return _Books(company, _root(request)).show(request, where[1] if len(where) > 1 else "trial")


def _root(request: Request) -> str:
    return str(request.environ.get("SCRIPT_NAME", "")) + "/app"


def _page(title: str, body: str, status: int = 200) -> Response:
    return page(title, _STYLE + body, brand="QuickBooks", colour=GREEN, status=status)


def _missing(text: str) -> Response:
    return _page("Not found", f'<div class="card"><h1>Not found</h1><p>{escape(text)}</p></div>', 404)


def _companies(conn: sqlite3.Connection, root: str) -> Response:
    found = conn.execute("SELECT realm, name, country, home FROM qbo_company ORDER BY name").fetchall()
    rows = [
        (_a(f"{root}/{row['realm']}/trial", row["name"]), row["country"], row["home"], f"<code>{row['realm']}</code>")
        for row in found
    ]
    table = _table(("Company", "~Country", "Currency", "Company id"), rows)
    return _page("Companies", f'<div class="card"><h1>Companies</h1>{table}</div>')


# Pieces of HTML. A cell is HTML already. `#` before a heading marks a column of numbers, `~` one that phones go without,
# `=` one that isn't broken where there is room.


def _a(href: str, text: str) -> str:
    return f'<a href="{escape(href)}">{escape(text)}</a>'


def amount(value: Decimal) -> str:
    """1,234.50; more decimals only where the currency has them."""
    return f"{value:,.2f}" if value == value.quantize(Decimal("0.01")) else f"{value:,}"


def _sides(value: Decimal) -> tuple[str, str]:
    """The debit and the credit cell of a balance."""
    return (amount(value), "") if value > 0 else ("", amount(-value))


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], foot: tuple[str, ...] = (), empty: str = "") -> str:
    styles = [_COLUMNS.get(head[0], "") for head in heads]
    head = "".join(f"<th{style}>{name.lstrip('#~=')}</th>" for name, style in zip(heads, styles, strict=True))
    body = "".join(_cells(row, styles) for row in rows)
    body = body or f'<tr><td colspan="{len(heads)}" class="soft">{empty}</td></tr>'
    last = f"<tfoot>{_cells(foot, styles)}</tfoot>" if foot else ""
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{last}</table></div>'


_COLUMNS: Final = {"#": ' class="n"', "~": ' class="s"', "=": ' class="k"'}


def _cells(row: tuple[str, ...], styles: list[str]) -> str:
    return "<tr>" + "".join(f"<td{style}>{cell}</td>" for cell, style in zip(row, styles, strict=True)) + "</tr>"


class _Books:
    """The pages of one company."""

    def __init__(self, company: Company, root: str) -> None:
        self.company, self.here, self.root = company, f"{root}/{company.realm}", root

    def show(self, request: Request, name: str) -> Response:
        if name in _PATHS:
            return self._document(_PATHS[name], request.args.get("txnId", ""))
        if name in ("account", "register"):
            return self._account(request.args.get("accountId") or request.args.get("id", ""))
        if name == "documents":
            return self._documents()
        return self._trial() if name == "trial" else _missing("There is no such page.")

    def _framed(self, title: str, body: str) -> Response:
        places = (
            (f"{self.root}/", "Companies"),
            (f"{self.here}/trial", "Trial balance"),
            (f"{self.here}/documents", "Documents"),
        )
        nav = "".join(_a(href, text) for href, text in places)
        return _page(f"{title}, {self.company.name}", f"<nav>{nav}</nav>{body}")

    def _to_account(self, account: str, name: str) -> str:
        return _a(f"{self.here}/account?accountId={account}", name)

    def _to_document(self, kind: str, txn: str, text: str) -> str:
        return _a(f"{self.here}/{_NAMES[kind]}?txnId={txn}", text) if kind in _NAMES else escape(text)

    def _trial(self) -> Response:
        found = trial_balance(self.company)
        rows = [(self._to_account(row.account, row.name), row.kind, *_sides(row.balance)) for row in found]
        foot = (f"Total {self.company.home}", "", *map(amount, totals(found)))
        table = _table(("Account", "~Type", "#Debit", "#Credit"), rows, foot, "Nothing has been posted yet.")
        body = f'<div class="card"><h1>Trial balance</h1><p class="soft">{escape(self.company.name)}</p>{table}</div>'
        return self._framed("Trial balance", body)

    def _documents(self) -> Response:
        found = [stored for kind in KINDS.values() if kind.family == TXN for stored in self.company.all(kind.name)]
        found.sort(key=lambda stored: (stored.body["TxnDate"], int(stored.id)), reverse=True)
        table = _table(("=Date", "=Type", "=No.", "~Memo", "#Total"), map(self._listed, found), empty="No documents yet.")
        body = f'<div class="card"><h1>Documents</h1><p class="soft">{escape(self.company.name)}</p>{table}</div>'
        return self._framed("Documents", body)

    def _listed(self, stored: Stored) -> tuple[str, ...]:
        kind, body = stored.kind, stored.body
        link = self._to_document(kind, stored.id, _TITLES.get(kind, kind))
        texts = (escape(_number(body)), escape(body.get("PrivateNote", "")))
        return (body["TxnDate"], link, *texts, amount(_total(body)))

    def _document(self, kind: str, txn: str) -> Response:
        stored = self.company.find(kind, txn)
        if stored is None:
            return _missing("There is no such document in this company.")
        if stored.deleted:
            return _missing("This document was deleted.")
        shown, title = show(self.company, stored), _TITLES.get(kind, kind)
        body = (
            f'<div class="card"><h1>{title} {escape(_number(shown))}</h1>{self._facts(stored, shown)}'
            f"<h2>{'Settles' if kind == 'Payment' else 'Lines'}</h2>{self._settles(shown) if kind == 'Payment' else _lines(shown)}"
            f"{self._settled_by(shown)}</div>"
            f'<div class="card"><h2>In the books</h2>{self._postings(stored)}</div>'
        )
        return self._framed(f"{title} {txn}", body)

    def _facts(self, stored: Stored, shown: dict[str, Any]) -> str:
        tax = shown.get("TxnTaxDetail")
        changed = shown["MetaData"]["LastUpdatedTime"][:16].replace("T", " ")
        facts = {
            "Company": self.company.name,
            "Date": shown["TxnDate"],
            "Currency": shown.get("CurrencyRef", {}).get("value", self.company.home),
            "Exchange rate": shown.get("ExchangeRate"),
            "Deposit to": shown.get("DepositToAccountRef", {}).get("name"),
            "Customer": shown.get("CustomerRef", {}).get("name"),
            "Vendor": shown.get("VendorRef", {}).get("name"),
            "E-mail": shown.get("BillEmail", {}).get("Address"),
            "Ship to": ", ".join(_address(shown.get("ShipAddr", {}))),
            "Tracking no.": shown.get("TrackingNum"),
            "Message": shown.get("CustomerMemo", {}).get("value"),
            "Due": shown.get("DueDate"),
            "Amounts are": _TAX_MODELS.get(shown.get("GlobalTaxCalculation", "")),
            "Tax": amount(Decimal(tax["TotalTax"])) if tax else None,
            "Total": amount(_total(shown)),
            "Open": _open(shown),
            "Memo": shown.get("PrivateNote"),
            "Version": f"{stored.sync_token}, last changed {changed} Pacific time",
        }
        items = "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items() if value)
        return f'<dl class="facts">{items}</dl>'

    def _settles(self, shown: dict[str, Any]) -> str:
        """What a payment is set against."""
        links = [(line, (line.get("LinkedTxn") or [{}])[0]) for line in shown.get("Line", [])]
        rows = [(self._linked(link), amount(Decimal(line["Amount"]))) for line, link in links]
        return _table(("Document", "#Amount"), rows, empty="Set against nothing.")

    def _settled_by(self, shown: dict[str, Any]) -> str:
        links = [self._linked(link) for link in shown.get("LinkedTxn", [])]
        return f"<p>Settled by {', '.join(links)}</p>" if links else ""

    def _linked(self, link: dict[str, Any]) -> str:
        kind, txn = str(link.get("TxnType", "")), str(link.get("TxnId", ""))
        stored = self.company.find(kind, txn) if kind in KINDS else None
        number = _number(stored.body) if stored else ""
        return self._to_document(kind, txn, f"{_TITLES.get(kind, kind)} {number or txn}")

    def _postings(self, stored: Stored) -> str:
        found = movements(self.company, stored.kind, stored.id)
        debit = amount(sum((value for _, value in found if value > 0), Decimal("0.00")))
        rows = [(self._to_account(account, self._name(account)), *_sides(value)) for account, value in found]
        return _table(("Account", "#Debit", "#Credit"), rows, (f"Total {self.company.home}", debit, debit), "No postings.")

    def _name(self, account: str) -> str:
        found = self.company.find("Account", account)
        return str(found.body["FullyQualifiedName"]) if found else account

    def _account(self, account: str) -> Response:
        stored = self.company.find("Account", account)
        if stored is None:
            return _missing("There is no such account in this company.")
        rows, balance = [], Decimal("0.00")
        for move in register(self.company, account):
            balance += move.amount
            link = self._to_document(move.kind, move.txn, f"{_TITLES.get(move.kind, move.kind)} {move.txn}")
            rows.append((move.day, link, escape(move.memo), *_sides(move.amount), amount(balance)))
        heads = ("=Date", "=Document", "~Memo", "#Debit", "#Credit", "#Balance")
        state = "" if stored.active else " (inactive)"
        body = (
            f'<div class="card"><h1>{escape(stored.body["FullyQualifiedName"])}{state}</h1>'
            f'<p class="soft">{stored.body["AccountType"]}, {stored.body["CurrencyRef"]["value"]}</p>'
            f"{_table(heads, rows, empty='Nothing has been posted to this account.')}</div>"
        )
        return self._framed(stored.body["Name"], body)


def _total(body: dict[str, Any]) -> Decimal:
    return Decimal(body.get("TotalAmt", body.get("Amount", 0)))


def _number(body: dict[str, Any]) -> str:
    return str(body.get("DocNumber") or body.get("PaymentRefNum") or "")


def _address(given: dict[str, Any]) -> list[str]:
    names = ("Line1", "Line2", "Line3", "Line4", "Line5", "City", "CountrySubDivisionCode", "PostalCode", "Country")
    return [str(given[name]) for name in names if given.get(name)]


def _open(shown: dict[str, Any]) -> str:
    """What an invoice or credit memo still asks for, or a payment has over."""
    left = shown.get("Balance", shown.get("UnappliedAmt"))
    return "" if left is None else amount(Decimal(left))


def _lines(shown: dict[str, Any]) -> str:
    heads = ("Account or item", "~Description", "Side", "~Class", "#Tax", "#Amount")
    return _table(heads, [_line(line) for line in shown.get("Line", []) if line.get("DetailType") != "SubTotalLineDetail"])


def _line(line: dict[str, Any]) -> tuple[str, ...]:
    detail = line.get(str(line.get("DetailType"))) or {}
    what = detail.get("AccountRef") or detail.get("ItemRef") or detail.get("DiscountAccountRef") or {}
    count = f"{detail['Qty']} × {amount(Decimal(detail['UnitPrice']))}" if detail.get("UnitPrice") and detail.get("Qty") else ""
    text = " · ".join(part for part in (line.get("Description"), count) if part)
    texts = (what.get("name"), text, detail.get("PostingType"), (detail.get("ClassRef") or {}).get("name"))
    stated = detail.get("TaxAmount") or (detail.get("TaxInclusiveAmt", line.get("Amount", 0)) - line.get("Amount", 0))
    tax = amount(Decimal(stated)) if stated else ""
    return (*(escape(text or "") for text in texts), tax, amount(Decimal(line.get("Amount", 0))))
