"""The pages inside KashFlow that a person would look at: documents, journals, bank accounts, the chart, the VAT return."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from decimal import Decimal
from html import escape
from typing import Final

from werkzeug.wrappers import Request, Response

from sandbox.kashflow import bank, documents, journals, ledger, nominals, payments
from sandbox.kashflow.company import Body, Company, Stored
from sandbox.kashflow.documents import SIDES
from sandbox.pages import page
from sandbox.world import World

BLUE: Final = "#1f4e79"
_STYLE: Final = """<style>
main { max-width: 60rem }
table { border-collapse: collapse; width: 100% }
th, td { padding: .45rem .6rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 600; font-size: .85rem }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.wide { overflow-x: auto } nav { margin-bottom: 1rem } nav a { margin-right: 1rem }
</style>"""
_MENU: Final = ("invoices", "purchases", "journals", "banks", "trial", "vat")
Cell = str | Decimal | int


def links() -> list[tuple[str, str]]:
    return [("/app/", "Companies and their books"), ("/service.asmx?wsdl", "SOAP description")]


def handle(world: World, request: Request, where: list[str]) -> Response:
    """`[]` the companies, `[company]` its trial balance, `[company, page]` a list, `[company, page, key]` one object."""
    root = f"{request.environ.get('SCRIPT_NAME', '')}/app"
    with world.db() as conn:
        if not where or not where[0]:
            return _companies(conn, root)
        try:
            company = Company(conn, where[0], world.now())
        except KeyError:
            return _missing()
        name = where[1] if len(where) > 1 else "trial"
        found = _PAGES.get(name)
        body = found(company, where[2] if len(where) > 2 else "", f"{root}/{company.id}") if found else None
        return _page(company, body, f"{root}/{company.id}") if body else _missing()


def _page(company: Company, body: str, root: str) -> Response:
    menu = "".join(f'<a href="{root}/{name}">{name.title() if name != "vat" else "VAT return"}</a>' for name in _MENU)
    heading = f"<h1>{escape(company.name)}</h1><nav>{menu}</nav>"
    return page(company.name, f'{_STYLE}<div class="card">{heading}{body}</div>', brand="KashFlow", colour=BLUE)


def _missing() -> Response:
    body = '<div class="card"><h1>Not found</h1><p>There is nothing here.</p></div>'
    return page("Not found", body, brand="KashFlow", colour=BLUE, status=404)


def _companies(conn: sqlite3.Connection, root: str) -> Response:
    found = conn.execute("SELECT id, name, username FROM kf_company ORDER BY id").fetchall()
    rows = "".join(
        f'<li><a href="{root}/{row["id"]}/trial">{escape(row["name"])}</a> ({escape(row["username"])})</li>' for row in found
    )
    return page("Companies", f'<div class="card"><h1>Companies</h1><ul>{rows}</ul></div>', brand="KashFlow", colour=BLUE)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> str:
    """Texts are escaped here; amounts go to the right."""
    lines = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>'


def _cell(value: Cell) -> str:
    if isinstance(value, Decimal):
        return f'<td class="n">{value:,.2f}</td>'
    if isinstance(value, _Link):
        return f'<td><a href="{escape(value.href)}">{escape(value)}</a></td>'
    return f"<td>{escape(str(value))}</td>"


class _Link(str):
    """A text that leads somewhere."""

    href: str

    def __new__(cls, text: object, href: str) -> _Link:
        made = super().__new__(cls, text)
        made.href = href
        return made


def _documents(kind: str) -> Callable[[Company, str, str], str]:
    def listing(company: Company, _key: str, root: str) -> str:
        rows = []
        for stored in company.all(kind):
            shown = documents.shown(company, stored)
            gross = shown["NetAmount"] + shown["VATAmount"]
            number = _Link(stored.number, f"{root}/{kind.lower()}/{stored.number}")
            rows.append((number, stored.day, shown["CustomerName"], stored.reference, gross, gross - shown["AmountPaid"]))
        title = "Invoices" if kind == "Invoice" else "Purchases"
        return f"<h2>{title}</h2>" + _table(("Number", "Date", SIDES[kind].party, "Reference", "Total", "Open"), rows)

    return listing


def _document(kind: str) -> Callable[[Company, str, str], str]:
    def single(company: Company, key: str, _root: str) -> str:
        stored = company.numbered(kind, int(key)) if key.isdigit() else None
        if stored is None:
            return ""
        shown = documents.shown(company, stored)
        lines = [_document_line(company, line) for line in stored.body["Lines"]]
        paid = [(one["PayDate"][:10], one["PayNote"], one["PayAmount"]) for one in payments.of(company, stored)]
        title = f"{kind} {stored.number}: {shown['CustomerName']}, {stored.day}, {stored.reference}"
        heads = ("Description", "Nominal", "Quantity", "Rate", "VAT %", "VAT", "Net")
        totals = f"<p>Net {shown['NetAmount']:,.2f}, VAT {shown['VATAmount']:,.2f}, paid {shown['AmountPaid']:,.2f}</p>"
        return f"<h2>{escape(title)}</h2>{_table(heads, lines)}{totals}{_table(('Paid on', 'Note', 'Amount'), paid)}"

    return single


def _document_line(company: Company, line: Body) -> tuple[Cell, ...]:
    amounts = (line["VatAmount"], documents.net(line))
    return (
        line["Description"],
        _name(company, line["ChargeType"]),
        line["Quantity"],
        line["Rate"],
        str(line["VatRate"]),
        *amounts,
    )


def _name(company: Company, nominal_id: int) -> str:
    found = company.find("Nominal", nominal_id)
    return f"{found.body['Code']} {found.body['Name']}" if found else ""


def _journals(company: Company, _key: str, _root: str) -> str:
    rows: list[tuple[Cell, ...]] = []
    for stored in company.all(journals.KIND):
        rows += [
            (
                stored.number,
                stored.day,
                stored.body["Comment"],
                _name(company, line["NominalID"]),
                line["Comment"],
                line["Amount"],
            )
            for line in stored.body["Lines"]
        ]
    return "<h2>Journals</h2>" + _table(("Number", "Date", "Comment", "Nominal", "Line", "Amount"), rows)


def _banks(company: Company, key: str, root: str) -> str:
    if key:
        account = company.coded("Bank", key)
        return _register(company, account) if account else ""
    rows = [
        (_Link(one.body["AccountName"], f"{root}/banks/{one.body['Code']}"), one.body["Code"], company.balance(one.parent))
        for one in company.all("Bank")
    ]
    return "<h2>Bank accounts</h2>" + _table(("Account", "Code", "Balance"), rows)


def _register(company: Company, account: Stored) -> str:
    rows, balance = [], Decimal(0)
    for one in ledger.register(company, account.parent):
        balance += one.amount
        rows.append((one.day, "Transaction" if one.kind == bank.KIND else one.kind, one.memo, one.amount, balance))
    return f"<h2>{escape(account.body['AccountName'])}</h2>" + _table(("Date", "Kind", "Comment", "Amount", "Balance"), rows)


def _trial(company: Company, _key: str, _root: str) -> str:
    """The chart with balances; a nominal that was never used shows none."""
    held = {row.nominal.id: row.balance for row in ledger.trial_balance(company)}
    rows: list[tuple[Cell, ...]] = []
    for one in nominals.listed(company):
        balance = held.get(one.id, Decimal(0))
        rows.append((one.body["Code"], one.body["Name"], balance if balance > 0 else "", -balance if balance < 0 else ""))
    return "<h2>Trial balance</h2>" + _table(("Code", "Nominal", "Debit", "Credit"), rows)


def _vat(company: Company, _key: str, _root: str) -> str:
    boxes = ledger.vat_return(company)
    titles = {
        "Box1": "VAT due on sales", "Box4": "VAT reclaimed on purchases", "Box5": "Difference to pay or reclaim",
        "Box6": "Sales without VAT", "Box7": "Purchases without VAT",
    }  # fmt: skip
    return "<h2>VAT return</h2>" + _table(
        ("Box", "What", "Amount"), [(name[3:], text, boxes[name]) for name, text in titles.items()]
    )


_PAGES: Final[dict[str, Callable[[Company, str, str], str]]] = {
    "invoices": _documents("Invoice"),
    "purchases": _documents("Receipt"),
    "invoice": _document("Invoice"),
    "receipt": _document("Receipt"),
    "journals": _journals,
    "banks": _banks,
    "trial": _trial,
    "vat": _vat,
}
