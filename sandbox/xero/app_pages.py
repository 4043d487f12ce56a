"""The pages inside Xero that the product links to: an organisation's balances, documents, a document, an account.

/app/                         organisations
/app/<tenant>/                account balances
/app/<tenant>/documents       all documents;  /app/<tenant>/bank  the bank feed
/app/<tenant>/<kind>/<id>     invoice, creditnote, payment, journal, banktransaction, banktransfer, account
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from html import escape
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from sandbox.pages import page
from sandbox.world import World
from sandbox.xero import feed
from sandbox.xero.books import Books, Stored
from sandbox.xero.documents import Options
from sandbox.xero.endpoints import BY_KIND
from sandbox.xero.ledger import register, totals, trial_balance
from sandbox.xero.sign_in import BLUE

_KINDS: Final = {
    "invoice": ("Invoice", "Invoice"), "creditnote": ("CreditNote", "Credit note"), "payment": ("Payment", "Payment"),
    "journal": ("ManualJournal", "Manual journal"), "banktransaction": ("BankTransaction", "Bank transaction"),
    "banktransfer": ("BankTransfer", "Bank transfer"), "allocation": ("Allocation", "Allocation"),
}  # fmt: skip
_WORDS: Final = {kind: word for word, (kind, _) in _KINDS.items()}
_TITLES: Final = {"ACCPAY": "Bill", "RECEIVE": "Receive money", "SPEND": "Spend money"}
_STYLE: Final = """<style>
main { max-width: 60rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .45rem .6rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 600; font-size: .85rem }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tfoot td { font-weight: 700; border-bottom: 0; border-top: 2px solid var(--ink) }
.badge { border: 1px solid var(--line); border-radius: 99px; padding: .05rem .6rem; font-size: .8rem; font-weight: 600 }
@media (max-width: 480px) { th, td { padding: .4rem .25rem; font-size: .85rem } .s { display: none } .card { padding: 1rem } }
.wide { overflow-x: auto; margin-bottom: 1rem } dl.facts { margin: .6rem 0 1.2rem } nav { margin-bottom: 1rem } nav a { margin-right: 1rem }
</style>"""


def links() -> list[tuple[str, str]]:
    return [("/app/", "Organisations and their books")]


def handle(world: World, request: Request, where: list[str]) -> Response:
    """`[]` the organisations, `[tenant]` its balances, `[tenant, page]` a list, `[tenant, kind, id]` one thing."""
    root = str(request.environ.get("SCRIPT_NAME", "")) + "/app"
    with world.db() as conn:
        if not where:
            return _organisations(conn, root)
        try:
            books = Books(conn, where[0].lower(), world.now())
        except KeyError:
            return _missing("There is no such organisation.")
        return _Pages(books, root).show(where[1:] or ["balances"])


def _page(title: str, body: str, status: int = 200) -> Response:
    return page(title, _STYLE + body, brand="Xero", colour=BLUE, status=status)


def _missing(text: str) -> Response:
    return _page("Not found", f'<div class="card"><h1>Not found</h1><p>{escape(text)}</p></div>', 404)


def _organisations(conn: sqlite3.Connection, root: str) -> Response:
    found = conn.execute("SELECT * FROM xero_organisation ORDER BY rowid").fetchall()
    rows = [
        (_a(f"{root}/{row['tenant']}", row["name"]), row["country"], row["base"], f"<code>{row['tenant']}</code>")
        for row in found
    ]
    table = _table(("Organisation", "~Country", "Currency", "~Tenant id"), rows)
    return _page("Organisations", f'<div class="card"><h1>Organisations</h1>{table}</div>')


# Pieces of HTML. A cell is HTML already. `#` before a heading marks a column of numbers, `~` one that phones go without.


def _a(href: str, text: str) -> str:
    return f'<a href="{escape(href)}">{escape(text)}</a>'


def amount(value: Any) -> str:
    """1,234.50; more decimals only where there are more."""
    exact = Decimal(value)
    return f"{exact:,.2f}" if exact == exact.quantize(Decimal("0.01")) else f"{exact:,}"


def _sides(value: Decimal) -> tuple[str, str]:
    return (amount(value), "") if value > 0 else ("", amount(-value))


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], foot: tuple[str, ...] = (), empty: str = "") -> str:
    styles = [{"#": ' class="n"', "~": ' class="s"'}.get(head[0], "") for head in heads]
    head = "".join(f"<th{style}>{name.lstrip('#~')}</th>" for name, style in zip(heads, styles, strict=True))
    body = "".join(_cells(row, styles) for row in rows)
    body = body or f'<tr><td colspan="{len(heads)}" class="soft">{empty}</td></tr>'
    last = f"<tfoot>{_cells(foot, styles)}</tfoot>" if foot else ""
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{last}</table></div>'


def _cells(row: tuple[str, ...], styles: list[str]) -> str:
    return "<tr>" + "".join(f"<td{style}>{cell}</td>" for cell, style in zip(row, styles, strict=True)) + "</tr>"


def _title(stored: Stored) -> str:
    return _TITLES.get(stored.body.get("Type", ""), _KINDS[_WORDS[stored.kind]][1])


def _number(stored: Stored) -> str:
    body = stored.body
    return str(body.get("InvoiceNumber") or body.get("CreditNoteNumber") or body.get("Reference") or body.get("Narration") or "")


class _Pages:
    """The pages of one organisation."""

    def __init__(self, books: Books, root: str) -> None:
        self.books, self.root, self.here = books, root, f"{root}/{books.tenant}"

    def show(self, where: list[str]) -> Response:
        match where:
            case ["balances"]:
                return self._balances()
            case ["documents"]:
                return self._documents()
            case ["bank"]:
                return self._bank()
            case ["account", account]:
                return self._account(self.books.find("Account", account) or self.books.labelled("Account", account))
            case [word, found] if word in _KINDS:
                return self._document(self.books.find(_KINDS[word][0], found))
        return _missing("There is no such page.")

    def _framed(self, title: str, body: str) -> Response:
        places = ((f"{self.root}/", "Organisations"), (self.here, "Balances"), (f"{self.here}/documents", "Documents"),
                  (f"{self.here}/bank", "Bank feed"))  # fmt: skip
        nav = "".join(_a(href, text) for href, text in places)
        return _page(f"{title}, {self.books.name}", f"<nav>{nav}</nav>{body}")

    def _card(self, title: str, table: str) -> Response:
        head = f'<h1>{escape(title)}</h1><p class="soft">{escape(self.books.name)}</p>'
        return self._framed(title, f'<div class="card">{head}{table}</div>')

    def _to_account(self, account_id: str) -> str:
        account = self.books.need("Account", account_id)
        return _a(f"{self.here}/account/{account.id}", f"{account.body.get('Code', '')} {account.body['Name']}")

    def _to(self, stored: Stored, text: str = "") -> str:
        return _a(f"{self.here}/{_WORDS[stored.kind]}/{stored.id}", text or _title(stored))

    def _balances(self) -> Response:
        found = trial_balance(self.books)
        rows = [(self._to_account(row.account.id), row.account.body["Type"], *_sides(row.balance)) for row in found]
        foot = (f"Total {self.books.base}", "", *map(amount, totals(found)))
        return self._card(
            "Account balances", _table(("Account", "~Type", "#Debit", "#Credit"), rows, foot, "Nothing posted yet.")
        )

    def _documents(self) -> Response:
        kinds = [kind for kind, _ in _KINDS.values() if kind != "Allocation"]
        found = [stored for kind in kinds for stored in self.books.all(kind)]
        found.sort(key=lambda stored: (stored.body["Date"], stored.created), reverse=True)
        rows = [
            (stored.body["Date"], self._to(stored), escape(_number(stored)), _badge(stored.status), _total(stored))
            for stored in found
        ]
        table = _table(("Date", "Type", "Number or narration", "~Status", "#Total"), rows, empty="No documents yet.")
        return self._card("Documents", table)

    def _bank(self) -> Response:
        rows = []
        for line in feed.lines(self.books):
            matched = line["matched"]
            target = self._to(self.books.need(matched["kind"], matched["id"])) if matched else "not matched"
            rows.append((line["date"], escape(line["account"]), escape(line["text"]), target, amount(line["amount"])))
        return self._card(
            "Bank feed", _table(("Date", "~Account", "Text", "Matched with", "#Amount"), rows, empty="No lines yet.")
        )

    def _document(self, stored: Stored | None) -> Response:
        if stored is None:
            return _missing("There is no such document in this organisation.")
        title = f"{_title(stored)} {_number(stored)}".strip()
        body = (
            f'<div class="card"><h1>{escape(title)} {_badge(stored.status)}</h1>{self._facts(stored)}{self._lines(stored)}'
            f"{self._settled(stored)}</div>"
            f'<div class="card"><h2>In the books</h2>{self._postings(stored)}</div>'
        )
        return self._framed(title, body)

    def _facts(self, stored: Stored) -> str:
        body = stored.body
        contact = self.books.find("Contact", body.get("ContactID"))
        shown = BY_KIND[stored.kind].show(self.books, stored, False, Options()) if stored.kind in BY_KIND else {}
        foreign = body.get("CurrencyCode") not in (None, self.books.base)
        facts = {
            "Contact": contact.body["Name"] if contact else None, "Date": body["Date"], "Due": body.get("DueDate"),
            "Reference": body.get("Reference"), "Currency": body.get("CurrencyCode"),
            "Rate": body.get("CurrencyRate") if foreign else None, "Amounts are": body.get("LineAmountTypes"),
            "Total": _total(stored), "Still due": amount(shown["AmountDue"]) if "AmountDue" in shown else None,
            "Remaining credit": amount(shown["RemainingCredit"]) if "RemainingCredit" in shown else None,
            "Link": body.get("Url"),
        }  # fmt: skip
        items = "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items() if value)
        return f'<dl class="facts">{items}</dl>'

    def _lines(self, stored: Stored) -> str:
        found = stored.body.get("LineItems") or stored.body.get("JournalLines")
        if not found:
            return ""
        rows = [
            (
                self._to_account(line["AccountID"]) if line.get("AccountID") else "", escape(line.get("Description", "")),
                escape(line["TaxType"]), amount(line["TaxAmount"]), amount(line["LineAmount"]),
            )
            for line in found
        ]  # fmt: skip
        return _table(("Account", "~Description", "~Tax type", "#Tax", "#Amount"), rows)

    def _settled(self, stored: Stored) -> str:
        if stored.kind == "Payment":
            target = self.books.need(stored.body["TargetKind"], stored.body["TargetID"])
            return f"<p>Pays {self._to(target, f'{_title(target)} {_number(target)}')}</p>"
        if stored.kind not in ("Invoice", "CreditNote"):
            return ""
        rows = [
            (source.body["Date"], self._to(source), amount(value))
            for kind, found, value, _ in self.books.links_to(stored)
            for source in [self.books.need(kind, found)]
        ]
        return f"<h2>Settled by</h2>{_table(('Date', 'Document', '#Amount'), rows)}" if rows else ""

    def _postings(self, stored: Stored) -> str:
        found = self.books.postings(stored)
        debit = amount(sum((posting.base for posting in found if posting.base > 0), Decimal("0.00")))
        rows = [
            (self._to_account(posting.account), escape(posting.memo), *_sides(posting.base)) for posting in found if posting.base
        ]
        foot = (f"Total {self.books.base}", "", debit, debit)
        return _table(("Account", "~Text", "#Debit", "#Credit"), rows, foot, "Nothing posted.")

    def _account(self, stored: Stored | None) -> Response:
        if stored is None:
            return _missing("There is no such account in this organisation.")
        rows, balance = [], Decimal("0.00")
        for move in register(self.books, stored.id):
            balance += move.amount
            document = self.books.need(move.kind, move.id)
            rows.append((move.day, self._to(document), escape(move.memo), *_sides(move.amount), amount(balance)))
        table = _table(("Date", "Document", "~Text", "#Debit", "#Credit", "#Balance"), rows, empty="Nothing posted.")
        return self._card(f"{stored.body.get('Code', '')} {stored.body['Name']}", table)


def _badge(status: str) -> str:
    return f'<span class="badge">{escape(status)}</span>'


def _total(stored: Stored) -> str:
    if stored.kind == "ManualJournal":
        return amount(
            sum((Decimal(line["LineAmount"]) for line in stored.body["JournalLines"] if line["LineAmount"] > 0), Decimal(0))
        )
    return amount(stored.body.get("Total", stored.body.get("Amount", 0)))
