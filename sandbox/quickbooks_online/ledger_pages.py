"""The pages inside QuickBooks that a link from the product opens: a document as a ledger shows it, an account, the trial balance."""

from __future__ import annotations

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
    "journal": "JournalEntry", "deposit": "Deposit", "salesreceipt": "SalesReceipt", "invoice": "Invoice", "recvpayment": "Payment",
    "creditmemo": "CreditMemo", "refundreceipt": "RefundReceipt", "bill": "Bill", "expense": "Purchase",
    "purchaseorder": "PurchaseOrder", "transfer": "Transfer", "inventoryadjustment": "InventoryAdjustment",
}  # fmt: skip
_NAMES: Final = {kind: path for path, kind in _PATHS.items()}
_TITLES: Final = {"JournalEntry": "Journal entry", "SalesReceipt": "Sales receipt", "CreditMemo": "Credit memo", "Purchase": "Expense"}
_STYLE: Final = (
    "<style>main{max-width:60rem}table{border-collapse:collapse;width:100%}th,td{padding:.45rem .6rem;text-align:left;"
    "border-bottom:1px solid var(--line);vertical-align:top}th{color:var(--soft);font-weight:600;font-size:.85rem}"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}tfoot td{font-weight:700;border-bottom:0;"
    "border-top:2px solid var(--ink)}.wide{overflow-x:auto}dl.facts{margin:.6rem 0 1.2rem}nav{margin-bottom:1rem}nav a{margin-right:1rem}"
    "</style>"
)


def links() -> list[tuple[str, str]]:
    return [("/app/", "Companies and their books"), ("/.well-known/openid_sandbox_configuration/", "Discovery document")]


def handle(world: World, request: Request, where: list[str]) -> Response:
    """`[]` the companies, `[realm]` a trial balance, `[realm, page]` a document, an account or a list."""
    with world.db() as conn:
        if not where or not where[0]:
            return _companies(conn, request)
        try:
            company = Company(conn, where[0], world.now())
        except KeyError:
            return _missing("There is no such company.")
        return _inside(company, request, where[1] if len(where) > 1 else "trial")


def _inside(company: Company, request: Request, name: str) -> Response:
    if name in _PATHS:
        return _document(company, request, _PATHS[name], request.args.get("txnId", ""))
    if name in ("account", "register"):
        return _account(company, request, request.args.get("accountId") or request.args.get("id", ""))
    if name == "documents":
        return _documents(company, request)
    return _trial(company, request) if name == "trial" else _missing("There is no such page.")


def _root(request: Request) -> str:
    return str(request.environ.get("SCRIPT_NAME", "")) + "/app"


def _page(title: str, body: str, status: int = 200) -> Response:
    return page(title, _STYLE + body, brand="QuickBooks", colour=GREEN, status=status)


def _missing(text: str) -> Response:
    return _page("Not found", f'<div class="card"><h1>Not found</h1><p>{escape(text)}</p></div>', 404)


def _nav(company: Company, request: Request) -> str:
    here = f"{_root(request)}/{company.realm}"
    return (
        f'<nav><a href="{_root(request)}/">Companies</a><a href="{here}/trial">Trial balance</a>'
        f'<a href="{here}/documents">Documents</a></nav>'
    )


def _companies(conn: Any, request: Request) -> Response:
    rows = conn.execute("SELECT realm, name, country, home FROM qbo_company ORDER BY name").fetchall()
    cells = "".join(
        f'<tr><td><a href="{_root(request)}/{row["realm"]}/trial">{escape(row["name"])}</a></td><td>{row["country"]}</td>'
        f"<td>{row['home']}</td><td><code>{row['realm']}</code></td></tr>"
        for row in rows
    )
    head = "<thead><tr><th>Company</th><th>Country</th><th>Currency</th><th>Company id</th></tr></thead>"
    return _page(
        "Companies", f'<div class="card"><h1>Companies</h1><div class="wide"><table>{head}<tbody>{cells}</tbody></table></div></div>'
    )


def amount(value: Decimal) -> str:
    return f"{value:,.2f}" if value == value.quantize(Decimal("0.01")) else f"{value:,}"


def _sides(value: Decimal) -> str:
    debit, credit = (amount(value), "") if value > 0 else ("", amount(-value))
    return f'<td class="n">{debit}</td><td class="n">{credit}</td>'


def _trial(company: Company, request: Request) -> Response:
    rows = trial_balance(company)
    debit, credit = totals(rows)
    cells = "".join(
        f'<tr><td><a href="{_root(request)}/{company.realm}/account?accountId={row.account}">{escape(row.name)}</a></td>'
        f'<td class="soft">{row.kind}</td>{_sides(row.balance)}</tr>'
        for row in rows
    )
    empty = '<tr><td colspan="4" class="soft">Nothing has been posted yet.</td></tr>'
    table = (
        '<table><thead><tr><th>Account</th><th>Type</th><th class="n">Debit</th><th class="n">Credit</th></tr></thead>'
        f'<tbody>{cells or empty}</tbody><tfoot><tr><td colspan="2">Total {company.home}</td><td class="n">{amount(debit)}</td>'
        f'<td class="n">{amount(credit)}</td></tr></tfoot></table>'
    )
    body = f'<div class="card"><h1>Trial balance</h1><p class="soft">{escape(company.name)}</p><div class="wide">{table}</div></div>'
    return _page(f"Trial balance, {company.name}", _nav(company, request) + body)


def _documents(company: Company, request: Request) -> Response:
    found = [stored for kind in KINDS.values() if kind.family == TXN for stored in company.all(kind.name)]
    found.sort(key=lambda stored: (stored.body["TxnDate"], int(stored.id)), reverse=True)
    cells = "".join(
        f'<tr><td>{stored.body["TxnDate"]}</td><td><a href="{_link(company, request, stored.kind, stored.id)}">{_title(stored.kind)}</a></td>'
        f"<td>{escape(str(stored.body.get('DocNumber', '')))}</td><td>{escape(stored.body.get('PrivateNote', ''))}</td>"
        f'<td class="n">{amount(Decimal(stored.body.get("TotalAmt", stored.body.get("Amount", 0))))}</td></tr>'
        for stored in found
    )
    empty = '<tr><td colspan="5" class="soft">No documents yet.</td></tr>'
    head = '<thead><tr><th>Date</th><th>Type</th><th>No.</th><th>Memo</th><th class="n">Total</th></tr></thead>'
    table = f'<div class="wide"><table>{head}<tbody>{cells or empty}</tbody></table></div>'
    body = f'<div class="card"><h1>Documents</h1><p class="soft">{escape(company.name)}</p>{table}</div>'
    return _page(f"Documents, {company.name}", _nav(company, request) + body)


def _link(company: Company, request: Request, kind: str, txn: str) -> str:
    return f"{_root(request)}/{company.realm}/{_NAMES[kind]}?txnId={txn}" if kind in _NAMES else "#"


def _title(kind: str) -> str:
    return _TITLES.get(kind, kind)


def _document(company: Company, request: Request, kind: str, txn: str) -> Response:
    stored = company.find(kind, txn)
    if stored is None:
        return _missing("There is no such document in this company.")
    if stored.deleted:
        return _missing("This document was deleted.")
    shown = show(company, stored)
    body = (
        f'<div class="card"><h1>{_title(kind)} {escape(str(shown.get("DocNumber", "")))}</h1>{_facts(company, stored, shown)}'
        f'<h2>Lines</h2><div class="wide">{_lines(shown)}</div></div>'
        f'<div class="card"><h2>In the books</h2><div class="wide">{_postings(company, request, stored)}</div></div>'
    )
    return _page(f"{_title(kind)} {txn}", _nav(company, request) + body)


def _facts(company: Company, stored: Stored, shown: dict[str, Any]) -> str:
    facts = [
        ("Company", company.name), ("Date", shown["TxnDate"]), ("Currency", shown.get("CurrencyRef", {}).get("value", company.home)),
        ("Exchange rate", str(shown.get("ExchangeRate", ""))), ("Deposit to", shown.get("DepositToAccountRef", {}).get("name", "")),
        ("Customer", shown.get("CustomerRef", {}).get("name", "")), ("Vendor", shown.get("VendorRef", {}).get("name", "")),
        ("Amounts are", {"TaxInclusive": "inclusive of tax", "TaxExcluded": "exclusive of tax"}.get(shown.get("GlobalTaxCalculation", ""), "")),
        ("Tax", amount(Decimal(shown["TxnTaxDetail"]["TotalTax"])) if shown.get("TxnTaxDetail") else ""),
        ("Total", amount(Decimal(shown.get("TotalAmt", shown.get("Amount", 0))))), ("Memo", shown.get("PrivateNote", "")),
        ("Version", f"{stored.sync_token}, last changed {shown['MetaData']['LastUpdatedTime']}"),
    ]  # fmt: skip
    return '<dl class="facts">' + "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in facts if value) + "</dl>"


def _lines(shown: dict[str, Any]) -> str:
    rows = ""
    for line in shown.get("Line", []):
        detail = line.get(str(line.get("DetailType")), {}) or {}
        what = detail.get("AccountRef") or detail.get("ItemRef") or detail.get("DiscountAccountRef") or {}
        tax = f"{amount(Decimal(detail['TaxAmount']))}" if detail.get("TaxAmount") else ""
        if line.get("DetailType") == "SubTotalLineDetail":
            continue
        rows += (
            f"<tr><td>{escape(str(what.get('name', '')))}</td><td>{escape(line.get('Description', ''))}</td>"
            f"<td>{escape(detail.get('PostingType', ''))}</td><td>{escape(str((detail.get('ClassRef') or {}).get('name', '')))}</td>"
            f'<td class="n">{tax}</td><td class="n">{amount(Decimal(line.get("Amount", 0)))}</td></tr>'
        )
    head = '<thead><tr><th>Account or item</th><th>Description</th><th>Side</th><th>Class</th><th class="n">Tax</th><th class="n">Amount</th></tr></thead>'
    return f"<table>{head}<tbody>{rows}</tbody></table>"


def _postings(company: Company, request: Request, stored: Stored) -> str:
    rows, debit = "", Decimal("0.00")
    for account, value in movements(company, stored.kind, stored.id):
        found = company.find("Account", account)
        name = escape(found.body["FullyQualifiedName"]) if found else account
        debit += max(value, Decimal(0))
        rows += f'<tr><td><a href="{_root(request)}/{company.realm}/account?accountId={account}">{name}</a></td>{_sides(value)}</tr>'
    total = f'<tfoot><tr><td>Total {company.home}</td><td class="n">{amount(debit)}</td><td class="n">{amount(debit)}</td></tr></tfoot>'
    head = '<thead><tr><th>Account</th><th class="n">Debit</th><th class="n">Credit</th></tr></thead>'
    return f"<table>{head}<tbody>{rows}</tbody>{total}</table>"


def _account(company: Company, request: Request, account: str) -> Response:
    stored = company.find("Account", account)
    if stored is None:
        return _missing("There is no such account in this company.")
    rows, balance = "", Decimal("0.00")
    for move in register(company, account):
        balance += move.amount
        rows += (
            f'<tr><td>{move.day}</td><td><a href="{_link(company, request, move.kind, move.txn)}">{_title(move.kind)} {move.txn}</a></td>'
            f'<td>{escape(move.memo)}</td>{_sides(move.amount)}<td class="n">{amount(balance)}</td></tr>'
        )
    empty = '<tr><td colspan="6" class="soft">Nothing has been posted to this account.</td></tr>'
    head = (
        '<thead><tr><th>Date</th><th>Document</th><th>Memo</th><th class="n">Debit</th><th class="n">Credit</th>'
        '<th class="n">Balance</th></tr></thead>'
    )
    state = "" if stored.active else " (inactive)"
    body = (
        f'<div class="card"><h1>{escape(stored.body["FullyQualifiedName"])}{state}</h1>'
        f'<p class="soft">{stored.body["AccountType"]}, {stored.body["CurrencyRef"]["value"]}</p>'
        f'<div class="wide"><table>{head}<tbody>{rows or empty}</tbody></table></div></div>'
    )
    return _page(stored.body["Name"], _nav(company, request) + body)
