"""What QuickBooks would refuse, found before anything is sent.

Pure: a document, the company's facts and the reference data are all it looks at. Each finding is a
Problem with a remedy; those that block stop the posting, the others are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from canonical.accounting import (
    AccountRef,
    CreditMemo,
    Deposit,
    Document,
    DocumentLine,
    Invoice,
    JournalEntry,
    PartyRef,
    Payment,
    RefundReceipt,
    SalesReceipt,
    TaxRef,
)
from canonical.money import round_half_up
from canonical.problems import Problem, Severity, declare
from connections.contracts import CompanyFacts, ReferenceItem

from .fields import NOTE_LIMIT, TEXT_LIMIT

References = Mapping[tuple[str, str], ReferenceItem]

LINE_LIMIT = 750  # the practical cap of lines per transaction (ledgers research 1.5)
RECEIVABLE, PAYABLE = "Accounts Receivable", "Accounts Payable"
_DEPOSIT_INTO = ("Bank", "Other Current Asset")  # accounting.md 3b
_NO_DEPOSIT_LINE = ("UndepositedFunds", "GlobalTaxPayable", "SalesTaxPayable")
_PROFIT_AND_LOSS = ("Income", "Cost of Goods Sold", "Expense", "Other Income", "Other Expense")

CLOSED = declare(
    "quickbooks_online.check.period_closed",
    "The document is dated %(date)s, but the company's books are closed up to and including %(closed)s.",
    "Reopen the period in QuickBooks (Account and settings, Advanced) and refresh the reference data, or choose a later date.",
)
ACCOUNT_MISSING = declare(
    "quickbooks_online.check.account_missing",
    "The company has no account %(account)s any more.",
    "Choose another account in the mapping, or refresh the reference data if you have just made it.",
)
ACCOUNT_INACTIVE = declare(
    "quickbooks_online.check.account_inactive",
    "The account %(account)s is inactive in QuickBooks.",
    "Make it active again in QuickBooks and refresh the reference data, or choose another account in the mapping.",
)
NEEDS_ENTITY = declare(
    "quickbooks_online.check.needs_entity",
    "The account %(account)s is of type %(type)s: QuickBooks takes a line on it only with a customer or supplier.",
    "Choose an account of another type in the mapping.",
)
NOT_INTO = declare(
    "quickbooks_online.check.not_into",
    "Money cannot be deposited to %(account)s, which is of type %(type)s.",
    "Choose a bank account or an other current asset as the payout account.",
)
NOT_ON_DEPOSIT = declare(
    "quickbooks_online.check.not_on_deposit",
    "A deposit line cannot use the account %(account)s.",
    "Choose another account in the mapping, or the posting shape summary journal.",
)
CURRENCY_OFF = declare(
    "quickbooks_online.check.currency_off",
    "The document is in %(currency)s, but this company keeps its books in %(home)s alone.",
    "Switch on multicurrency in QuickBooks (it stays on for good) and refresh the reference data, or leave it unposted.",
)
ACCOUNT_CURRENCY = declare(
    "quickbooks_online.check.account_currency",
    "The account %(account)s is kept in %(account_currency)s; a document in %(currency)s cannot use it.",
    "Choose an account in %(currency)s or in the company's own currency.",
)
TOO_MANY_LINES = declare(
    "quickbooks_online.check.too_many_lines",
    "The document has %(lines)s lines; QuickBooks takes about %(limit)s.",
    "Map more kinds of row to the same account, or use fewer classes and locations.",
)
NO_NUMBERS = declare(
    "quickbooks_online.check.no_numbers",
    "Custom transaction numbers are off in this company, so QuickBooks numbers the document itself.",
    "Nothing to do: the document is found again by the mark in its memo. Switch them on in QuickBooks to see our numbers.",
    Severity.TELLS,
)
SHORTENED = declare(
    "quickbooks_online.check.shortened",
    "A text is longer than the %(limit)s characters that QuickBooks takes and is cut there.",
    "Nothing to do: the whole text stays here.",
    Severity.WARNS,
)
NO_TAX_CODE = declare(
    "quickbooks_online.check.no_tax_code",
    "The line on %(account)s has no tax code, and this company files tax by codes.",
    "Choose a tax code for it in the mapping (one for no tax, if none applies).",
    Severity.WARNS,
)
TAX_NOT_KEPT = declare(
    "quickbooks_online.check.tax_not_kept",
    "The document holds tax of %(amount)s on %(account)s, but this company keeps no tax by codes.",
    "Switch the tax on in QuickBooks and refresh the reference data, or say in the mapping that this ledger keeps none.",
)
TAX_CODE_MISSING = declare(
    "quickbooks_online.check.tax_code_missing",
    "The company has no usable tax code %(code)s.",
    "Choose another tax code in the mapping, or make it active in QuickBooks and refresh the reference data.",
)
TAX_RATE_DIFFERS = declare(
    "quickbooks_online.check.tax_rate_differs",
    "The tax code %(code)s is at %(ledger)s %% in QuickBooks, but the document was computed at %(ours)s %%.",
    "Choose the tax code that has the right rate, or correct the rate; then the document is composed anew.",
)
TAX_NOT_STATED = declare(
    "quickbooks_online.check.tax_not_stated",
    "A deposit line cannot state its own tax: QuickBooks would compute %(ledger)s on %(account)s, not %(ours)s.",
    "Use the posting shape summary journal for this settlement.",
)
DIMENSION_MISSING = declare(
    "quickbooks_online.check.dimension_missing",
    "The %(kind)s %(id)s does not exist in QuickBooks or is inactive.",
    "Choose another in the mapping, or make it active again and refresh the reference data.",
)
DIMENSION_OFF = declare(
    "quickbooks_online.check.dimension_off",
    "This company does not track %(kind)s, so it is left out by QuickBooks.",
    "Switch the tracking on in QuickBooks, or take it out of the mapping.",
    Severity.WARNS,
)
CUSTOMER_MISSING = declare(
    "quickbooks_online.check.customer_missing",
    "The company has no customer %(customer)s any more.",
    "Choose another customer in the mapping, or refresh the reference data if you have just made it.",
)
CUSTOMER_INACTIVE = declare(
    "quickbooks_online.check.customer_inactive",
    "The customer %(customer)s is inactive in QuickBooks.",
    "Make it active again in QuickBooks and refresh the reference data, or choose another customer in the mapping.",
)
CUSTOMER_CURRENCY = declare(
    "quickbooks_online.check.customer_currency",
    "The customer %(customer)s trades in %(customer_currency)s; a document in %(currency)s cannot be theirs.",
    "Choose a customer that trades in %(currency)s: in QuickBooks each customer has one currency for good.",
)
ITEM_NEEDED = declare(
    "quickbooks_online.check.item_needed",
    "The line %(line)s has no product or service; every line of a sales form needs one.",
    "Choose a product or service for it in the mapping.",
)
ITEM_MISSING = declare(
    "quickbooks_online.check.item_missing",
    "The company has no product or service %(item)s any more.",
    "Choose another in the mapping, or refresh the reference data if you have just made it.",
)
ITEM_INACTIVE = declare(
    "quickbooks_online.check.item_inactive",
    "The product or service %(item)s is inactive in QuickBooks.",
    "Make it active again in QuickBooks and refresh the reference data, or choose another in the mapping.",
)
ITEM_NOT_SOLD = declare(
    "quickbooks_online.check.item_not_sold",
    "The product or service %(item)s cannot stand on a sales form: it is a %(type)s without an income account of its own.",
    "Choose a product or service that is sold, or give it an income account in QuickBooks and refresh the reference data.",
)
ITEM_ACCOUNT = declare(
    "quickbooks_online.check.item_account",
    "The product or service %(item)s books to another account than %(account)s.",
    "Change its income account in QuickBooks and refresh the reference data, or choose another in the mapping.",
)
TAX_CODE_NEEDED = declare(
    "quickbooks_online.check.tax_code_needed",
    "The line %(line)s has no tax code, but other lines of the form have one.",
    "Choose a tax code for it in the mapping (one for no tax, if none applies).",
)
NOT_RECEIVABLE = declare(
    "quickbooks_online.check.not_receivable",
    "%(account)s is not an accounts receivable account in %(currency)s.",
    "Choose the accounts receivable account of that currency in the mapping.",
)
ONE_RECEIVABLE = declare(
    "quickbooks_online.check.one_receivable",
    "A journal can hold one line on a receivable or payable account only; this one has %(lines)s.",
    "Map the other lines to an account of another type, or use one journal per customer.",
)
NOT_APPLIED = declare(
    "quickbooks_online.check.not_applied",
    "The payment is set against %(document)s, which is not in QuickBooks yet.",
    "Post that document first.",
)
_SALES = (SalesReceipt, RefundReceipt, Invoice, CreditMemo)
_ON_CREDIT = (Invoice, CreditMemo)
_UNSOLD = ("Category", "Group", "Bundle")


def problems(document: Document, company: CompanyFacts, references: References) -> list[Problem]:
    """Everything QuickBooks would refuse or change, each finding once, in the order of the document."""
    found = [*_header(document, company), *_into(document, company, references), *_people(document, company, references)]
    for line in document.lines if not isinstance(document, Payment) else ():
        found += _line(line, document, company, references)
    unique = {(problem.code, *sorted(problem.params.items())): problem for problem in found}
    return list(unique.values())


def _header(document: Document, company: CompanyFacts) -> Iterator[Problem]:
    if company.close_date and document.date <= company.close_date:
        yield Problem(CLOSED, {"date": document.date.isoformat(), "closed": company.close_date.isoformat()})
    if document.currency != company.home_currency and not company.multicurrency:
        yield Problem(CURRENCY_OFF, {"currency": document.currency, "home": company.home_currency})
    if len(document.lines) > LINE_LIMIT:
        yield Problem(TOO_MANY_LINES, {"lines": len(document.lines), "limit": LINE_LIMIT})
    if not company.custom_numbers and not isinstance(document, (Deposit, Payment)):
        yield Problem(NO_NUMBERS)
    if len(document.memo) > NOTE_LIMIT - 100 or any(len(line.description) > TEXT_LIMIT for line in document.lines):
        yield Problem(SHORTENED, {"limit": TEXT_LIMIT})


def _into(document: Document, company: CompanyFacts, references: References) -> Iterator[Problem]:
    """The account that the money goes to or comes from, and the receivable account."""
    if isinstance(document, JournalEntry):
        return
    if isinstance(document, _ON_CREDIT):
        yield from _receivable(document.account, document, company, references)
        return
    yield from _usable(document.account.key, document.account.name, document, company, references)
    account = references.get(("account", document.account.key))
    if account and account.facts.get("type") not in _DEPOSIT_INTO:
        yield Problem(NOT_INTO, {"account": account.name, "type": str(account.facts.get("type"))})
    if account and isinstance(document, Deposit):
        yield from _same_currency(account, document, company)
    if isinstance(document, Payment):
        yield from _receivable(document.receivable, document, company, references)


def _same_currency(account: ReferenceItem, document: Deposit, company: CompanyFacts) -> Iterator[Problem]:
    currency = str(account.facts.get("currency") or company.home_currency)
    if company.multicurrency and currency == company.home_currency != document.currency:
        yield Problem(ACCOUNT_CURRENCY, {"account": account.name, "account_currency": currency, "currency": document.currency})


def _receivable(ref: AccountRef, document: Document, company: CompanyFacts, references: References) -> Iterator[Problem]:
    """QuickBooks puts invoices on the receivable account of their currency; ours must be that one."""
    account = references.get(("account", ref.key))
    if account is None or account.deleted or not account.active:
        yield from _usable(ref.key, ref.name, document, company, references)
        return
    currency = str(account.facts.get("currency") or company.home_currency)
    if account.facts.get("type") != RECEIVABLE or currency != document.currency:
        yield Problem(NOT_RECEIVABLE, {"account": account.name, "currency": document.currency})


def _people(document: Document, company: CompanyFacts, references: References) -> Iterator[Problem]:
    """Customers, and the documents that a payment is set against."""
    if isinstance(document, (*_SALES, Payment)):
        yield from _customer(document.customer, document, company, references)
    if isinstance(document, Payment):
        for each in document.applied:
            if not each.external_id:
                yield Problem(NOT_APPLIED, {"document": each.reference or each.document_type.value})
    if isinstance(document, JournalEntry):
        yield from _one_receivable(document, references)


def _customer(party: PartyRef, document: Document, company: CompanyFacts, references: References) -> Iterator[Problem]:
    customer = references.get(("customer", party.key))
    if customer is None or customer.deleted:
        yield Problem(CUSTOMER_MISSING, {"customer": party.name or party.key})
        return
    if not customer.active:
        yield Problem(CUSTOMER_INACTIVE, {"customer": customer.name})
    currency = str(customer.facts.get("currency") or company.home_currency)
    if company.multicurrency and currency != document.currency:
        params = {"customer": customer.name, "customer_currency": currency, "currency": document.currency}
        yield Problem(CUSTOMER_CURRENCY, params)


def _one_receivable(document: JournalEntry, references: References) -> Iterator[Problem]:
    accounts = [references.get(("account", line.account.key)) for line in document.lines]
    lines = sum(account is not None and account.facts.get("type") in (RECEIVABLE, PAYABLE) for account in accounts)
    if lines > 1:
        yield Problem(ONE_RECEIVABLE, {"lines": lines})


def _line(line: DocumentLine, document: Document, company: CompanyFacts, references: References) -> Iterator[Problem]:
    yield from _usable(line.account.key, line.account.name, document, company, references)
    account = references.get(("account", line.account.key))
    if account:
        yield from _account_fits(account, line, document)
    if isinstance(document, _SALES):
        yield from _item(line, references)
    if line.party and isinstance(document, JournalEntry):
        yield from _customer(line.party, document, company, references)
    yield from _tax(line, account, document, company, references)
    for name, key in line.dimensions:
        yield from _dimension(name, key, company, references)


def _usable(key: str, name: str, document: Document, company: CompanyFacts, references: References) -> Iterator[Problem]:
    account = references.get(("account", key))
    if account is None or account.deleted:
        yield Problem(ACCOUNT_MISSING, {"account": name or key})
        return
    if not account.active:
        yield Problem(ACCOUNT_INACTIVE, {"account": account.name})
    currency = str(account.facts.get("currency") or "")
    if currency and currency not in (document.currency, company.home_currency):
        yield Problem(ACCOUNT_CURRENCY, {"account": account.name, "account_currency": currency, "currency": document.currency})


def _item(line: DocumentLine, references: References) -> Iterator[Problem]:
    """A sales form books to the income account of each line's item, whatever the line's own account is called here."""
    if line.item is None:
        yield Problem(ITEM_NEEDED, {"line": line.description or line.kind})
        return
    item = references.get(("item", line.item.key))
    if item is None or item.deleted:
        yield Problem(ITEM_MISSING, {"item": line.item.name or line.item.key})
        return
    if not item.active:
        yield Problem(ITEM_INACTIVE, {"item": item.name})
    kind, account = str(item.facts.get("type") or ""), str(item.facts.get("account") or "")
    if kind in _UNSOLD or not account:
        yield Problem(ITEM_NOT_SOLD, {"item": item.name, "type": kind or "item"})
    elif account != line.account.key:
        yield Problem(ITEM_ACCOUNT, {"item": item.name, "account": line.account.name or line.account.key})


def _account_fits(account: ReferenceItem, line: DocumentLine, document: Document) -> Iterator[Problem]:
    kind = str(account.facts.get("type"))
    named = kind == RECEIVABLE and line.party is not None and isinstance(document, JournalEntry)
    if kind in (RECEIVABLE, PAYABLE) and not named:
        yield Problem(NEEDS_ENTITY, {"account": account.name, "type": kind})
    if isinstance(document, Deposit):
        forbidden = account.facts.get("subtype") in _NO_DEPOSIT_LINE
        if forbidden or account.external_id == document.account.key:
            yield Problem(NOT_ON_DEPOSIT, {"account": account.name})


def _tax(
    line: DocumentLine, account: ReferenceItem | None, document: Document, company: CompanyFacts, references: References
) -> Iterator[Problem]:
    if company.sales_tax != "codes":
        if line.tax_amount:
            yield Problem(TAX_NOT_KEPT, {"amount": str(line.tax_amount), "account": line.account.name})
        return
    if line.tax is None and isinstance(document, _SALES) and any(other.tax for other in document.lines):
        yield Problem(TAX_CODE_NEEDED, {"line": line.description or line.kind})
        return
    if line.tax is None:
        if account and account.facts.get("type") in _PROFIT_AND_LOSS:
            yield Problem(NO_TAX_CODE, {"account": account.name})
        return
    code = references.get(("tax_code", line.tax.key))
    if code is None or code.deleted or not code.active:
        yield Problem(TAX_CODE_MISSING, {"code": line.tax.name or line.tax.key})
        return
    yield from _rate(line.tax, code)
    if isinstance(document, Deposit):
        yield from _stated(line, line.tax.rate, document.currency)


def _rate(tax: TaxRef, code: ReferenceItem) -> Iterator[Problem]:
    """The rate we computed with must be the code's own, where QuickBooks tells it."""
    stated = str(code.facts.get(f"{tax.applies_on}_rate") or "")
    if stated and Decimal(stated) != tax.rate:
        yield Problem(TAX_RATE_DIFFERS, {"code": code.name, "ledger": stated, "ours": format(tax.rate.normalize(), "f")})


def _stated(line: DocumentLine, rate: Decimal, currency: str) -> Iterator[Problem]:
    computed = round_half_up(line.gross * rate / (100 + rate), currency)
    if computed != line.tax_amount:
        yield Problem(TAX_NOT_STATED, {"account": line.account.name, "ledger": str(computed), "ours": str(line.tax_amount)})


def _dimension(name: str, key: str, company: CompanyFacts, references: References) -> Iterator[Problem]:
    kind = "department" if name == "location" else name
    if kind not in ("class", "department"):
        return
    if not (company.classes if kind == "class" else company.departments):
        yield Problem(DIMENSION_OFF, {"kind": kind})
        return
    item = references.get((kind, key))
    if item is None or item.deleted or not item.active:
        yield Problem(DIMENSION_MISSING, {"kind": kind, "id": item.name if item else key})
