"""What QuickBooks Desktop would refuse, found before anything is queued: an answer may be hours away.

Pure: a document, the company's facts and the reference data are all it looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from canonical.accounting import (
    SALES_DOCUMENTS,
    AccountRef,
    AccountType,
    CreditMemo,
    Deposit,
    Document,
    DocumentLine,
    DocumentType,
    Invoice,
    JournalEntry,
    PartyRef,
    Payment,
)
from canonical.problems import Problem, Severity, declare
from connections.contracts import CompanyFacts, ReferenceItem

from .fields import CENT, TEXT_LIMIT, ZERO
from .reference import ITEM_KINDS

References = Mapping[tuple[str, str], ReferenceItem]
_OWED: Final = (AccountType.RECEIVABLE.value, AccountType.PAYABLE.value)
_INTO: Final = (AccountType.BANK.value, AccountType.OTHER_CURRENT_ASSET.value)
_ON_CREDIT: Final = (Invoice, CreditMemo)

CLOSED = declare(
    "quickbooks_desktop.check.period_closed",
    "The document is dated %(date)s, but the company file is closed up to and including %(closed)s.",
    "Move the closing date in QuickBooks (Edit, Preferences, Accounting) and read the accounts again, or leave it out.",
)
ACCOUNT_MISSING = declare(
    "quickbooks_desktop.check.account_missing",
    "The company file has no account %(account)s any more.",
    "Choose another account in the mapping, or read the accounts again if you have just made it.",
)
ACCOUNT_INACTIVE = declare(
    "quickbooks_desktop.check.account_inactive",
    "The account %(account)s is inactive in QuickBooks.",
    "Make it active there and read the accounts again, or choose another account in the mapping.",
)
SYSTEM_ACCOUNT = declare(
    "quickbooks_desktop.check.system_account",
    "The account %(account)s is kept by QuickBooks itself, and what is booked to it distorts its reports.",
    "Choose another account in the mapping.",
)
NEEDS_ENTITY = declare(
    "quickbooks_desktop.check.needs_entity",
    "The account %(account)s is of type %(type)s: QuickBooks takes a line on it only with a customer or vendor.",
    "Choose an account of another type in the mapping.",
)
ONE_RECEIVABLE = declare(
    "quickbooks_desktop.check.one_receivable",
    "A journal can hold one line on a receivable or payable account only; this one has %(lines)s.",
    "Map the other lines to an account of another type.",
)
NOT_INTO = declare(
    "quickbooks_desktop.check.not_into",
    "Money cannot be put into %(account)s, which is of type %(type)s.",
    "Choose a bank account or an other current asset.",
)
NOT_RECEIVABLE = declare(
    "quickbooks_desktop.check.not_receivable",
    "%(account)s is not an accounts receivable account.",
    "Choose the accounts receivable account in the mapping.",
)
CURRENCY_OFF = declare(
    "quickbooks_desktop.check.currency_off",
    "The document is in %(currency)s, but this company file keeps its books in %(home)s.",
    "Leave it unposted, or post it to a ledger that keeps %(currency)s.",
)
CENTS = declare(
    "quickbooks_desktop.check.cents",
    "The amount %(amount)s has more than two decimals, which QuickBooks does not keep.",
    "Correct the amount at its source.",
)
TAX_NOT_KEPT = declare(
    "quickbooks_desktop.check.tax_not_kept",
    "The document holds tax of %(amount)s on %(account)s, but QuickBooks Desktop is told no tax by line.",
    "Say in the mapping that this ledger keeps none: what a marketplace collected has a line of its own.",
)
DIMENSION_MISSING = declare(
    "quickbooks_desktop.check.dimension_missing",
    "The class %(id)s does not exist in QuickBooks or is inactive.",
    "Choose another in the mapping, or make it active again and read the accounts again.",
)
DIMENSION_OFF = declare(
    "quickbooks_desktop.check.dimension_off",
    "This company file does not use classes, so a class cannot be kept.",
    "Switch class tracking on in QuickBooks (Edit, Preferences, Accounting), or take it out of the mapping.",
)
CUSTOMER_MISSING = declare(
    "quickbooks_desktop.check.customer_missing",
    "The company file has no customer %(customer)s any more.",
    "Choose another customer in the mapping, or read the accounts again if you have just made it.",
)
CUSTOMER_INACTIVE = declare(
    "quickbooks_desktop.check.customer_inactive",
    "The customer %(customer)s is inactive in QuickBooks.",
    "Make it active there and read the accounts again, or choose another customer in the mapping.",
)
ITEM_NEEDED = declare(
    "quickbooks_desktop.check.item_needed",
    "The line %(line)s has no item; every line of a sales form needs one.",
    "Choose an item for it in the mapping.",
)
ITEM_MISSING = declare(
    "quickbooks_desktop.check.item_missing",
    "The company file has no item %(item)s any more.",
    "Choose another in the mapping, or read the accounts again if you have just made it.",
)
ITEM_INACTIVE = declare(
    "quickbooks_desktop.check.item_inactive",
    "The item %(item)s is inactive in QuickBooks.",
    "Make it active there and read the accounts again, or choose another in the mapping.",
)
ITEM_NOT_SOLD = declare(
    "quickbooks_desktop.check.item_not_sold",
    "The item %(item)s cannot stand on a sales form of ours: it is a %(type)s.",
    "Choose a service, a part or another charge.",
)
ITEM_ACCOUNT = declare(
    "quickbooks_desktop.check.item_account",
    "The item %(item)s books to another account than %(account)s.",
    "Change its income account in QuickBooks and read the accounts again, or choose another item in the mapping.",
)
NOT_APPLIED = declare(
    "quickbooks_desktop.check.not_applied",
    "The payment is set against %(document)s, which is not in QuickBooks yet.",
    "Post that document first.",
)
SHORTENED = declare(
    "quickbooks_desktop.check.shortened",
    "A text is longer than the %(limit)s characters that QuickBooks takes and is cut there.",
    "Nothing to do: the whole text stays here.",
    Severity.WARNS,
)


def problems(document: Document, company: CompanyFacts, references: References) -> list[Problem]:
    """Everything QuickBooks would refuse or change, each finding once, in the order of the document."""
    found = [*_header(document, company), *_accounts(document, references), *_people(document, references)]
    if not isinstance(document, Payment):
        for line in document.lines:
            found += _line(line, document, company, references)
    unique = {(problem.code, *sorted(problem.params.items())): problem for problem in found}
    return list(unique.values())


def _header(document: Document, company: CompanyFacts) -> Iterator[Problem]:
    if company.close_date and document.date <= company.close_date:
        yield Problem(CLOSED, {"date": document.date.isoformat(), "closed": company.close_date.isoformat()})
    if document.currency != company.home_currency:
        yield Problem(CURRENCY_OFF, {"currency": document.currency, "home": company.home_currency})
    texts = [document.memo, *(line.description for line in document.lines)]
    if any(len(text) > TEXT_LIMIT for text in texts):
        yield Problem(SHORTENED, {"limit": TEXT_LIMIT})


def _accounts(document: Document, references: References) -> Iterator[Problem]:
    """The account that the lines leave out: where the money goes, or what is owed."""
    if isinstance(document, JournalEntry):
        yield from _one_receivable(document, references)
        return
    if isinstance(document, _ON_CREDIT):
        yield from _receivable(document.account, references)
        return
    yield from _usable(document.account, references)
    account = references.get(("account", document.account.key))
    if account and account.facts.get("type") not in _INTO:
        yield Problem(NOT_INTO, {"account": account.name, "type": str(account.facts.get("type"))})
    if isinstance(document, Payment):
        yield from _receivable(document.receivable, references)


def _receivable(ref: AccountRef, references: References) -> Iterator[Problem]:
    yield from _usable(ref, references)
    account = references.get(("account", ref.key))
    if account and account.facts.get("type") != AccountType.RECEIVABLE.value:
        yield Problem(NOT_RECEIVABLE, {"account": account.name})


def _one_receivable(document: JournalEntry, references: References) -> Iterator[Problem]:
    accounts = [references.get(("account", line.account.key)) for line in document.lines]
    lines = sum(account is not None and account.facts.get("type") in _OWED for account in accounts)
    if lines > 1:
        yield Problem(ONE_RECEIVABLE, {"lines": lines})


def _people(document: Document, references: References) -> Iterator[Problem]:
    if isinstance(document, (*SALES_DOCUMENTS, Payment)):
        yield from _customer(document.customer, references)
    if isinstance(document, Payment):
        for each in document.applied:
            if not each.external_id:
                yield Problem(NOT_APPLIED, {"document": each.reference or each.document_type.value})


def _customer(party: PartyRef, references: References) -> Iterator[Problem]:
    customer = references.get(("customer", party.key))
    if customer is None or customer.deleted:
        yield Problem(CUSTOMER_MISSING, {"customer": party.name or party.key})
    elif not customer.active:
        yield Problem(CUSTOMER_INACTIVE, {"customer": customer.name})


def _line(line: DocumentLine, document: Document, company: CompanyFacts, references: References) -> Iterator[Problem]:
    yield from _usable(line.account, references)
    account = references.get(("account", line.account.key))
    owed = account is not None and account.facts.get("type") in _OWED
    if account and owed and line.party is None and isinstance(document, JournalEntry | Deposit):
        yield Problem(NEEDS_ENTITY, {"account": account.name, "type": str(account.facts.get("type"))})
    if line.gross != line.gross.quantize(CENT):
        yield Problem(CENTS, {"amount": f"{line.gross:f}"})
    if line.tax_amount != ZERO:
        yield Problem(TAX_NOT_KEPT, {"amount": f"{line.tax_amount:f}", "account": line.account.name})
    if isinstance(document, SALES_DOCUMENTS):
        yield from _item(line, references)
    if line.party and document.document_type is DocumentType.JOURNAL_ENTRY:
        yield from _customer(line.party, references)
    yield from _dimensions(line, company, references)


def _usable(ref: AccountRef, references: References) -> Iterator[Problem]:
    account = references.get(("account", ref.key))
    if account is None or account.deleted:
        yield Problem(ACCOUNT_MISSING, {"account": ref.name or ref.key})
    elif not account.active:
        yield Problem(ACCOUNT_INACTIVE, {"account": account.name})
    elif account.facts.get("system"):
        yield Problem(SYSTEM_ACCOUNT, {"account": account.name})


def _item(line: DocumentLine, references: References) -> Iterator[Problem]:
    if line.item is None:
        yield Problem(ITEM_NEEDED, {"line": line.description or line.kind})
        return
    item = references.get(("item", line.item.key))
    if item is None or item.deleted:
        yield Problem(ITEM_MISSING, {"item": line.item.name or line.item.key})
    elif not item.active:
        yield Problem(ITEM_INACTIVE, {"item": item.name})
    elif item.facts.get("type") not in ITEM_KINDS:
        yield Problem(ITEM_NOT_SOLD, {"item": item.name, "type": str(item.facts.get("type"))})
    elif item.facts.get("account") and item.facts["account"] != line.account.key:
        yield Problem(ITEM_ACCOUNT, {"item": item.name, "account": line.account.name})


def _dimensions(line: DocumentLine, company: CompanyFacts, references: References) -> Iterator[Problem]:
    for name, key in line.dimensions:
        if name != "class":
            continue
        if not company.classes:
            yield Problem(DIMENSION_OFF)
            continue
        found = references.get(("class", key))
        if found is None or found.deleted or not found.active:
            yield Problem(DIMENSION_MISSING, {"id": key})
