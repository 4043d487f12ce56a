"""What KashFlow would refuse, found before anything is sent.

Pure: a document, the company's facts and the reference data are all it looks at. Each finding is a Problem with a
remedy; those that block stop the posting, the others are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from canonical.accounting import (
    SALES_DOCUMENTS,
    AccountRef,
    Document,
    DocumentLine,
    Invoice,
    ItemRef,
    JournalEntry,
    PartyRef,
    Payment,
    Purchase,
    Transfer,
)
from canonical.problems import Problem, Severity, declare
from connections.contracts import CompanyFacts, ReferenceItem

from . import kinds
from .fields import COMMENT_LIMIT, DESCRIPTION_LIMIT, MARKER, bank_of, clean
from .unsettled import JOURNALS_TAKE_BANK

References = Mapping[tuple[str, str], ReferenceItem]
_MARKER_LENGTH = len(MARKER) + 40

CLOSED = declare(
    "kashflow.check.period_closed",
    "The document is dated %(date)s, but an accounting period is closed up to and including %(closed)s.",
    "Open the period in KashFlow (Settings, Accounting Periods) and refresh the reference data, or choose a later date.",
)
ACCOUNT_MISSING = declare(
    "kashflow.check.account_missing",
    "The company has no account %(account)s any more.",
    "Choose another account in the mapping, or refresh the reference data if you have just made it.",
)
ACCOUNT_ARCHIVED = declare(
    "kashflow.check.account_archived",
    "The account %(account)s is archived in KashFlow.",
    "Take it out of the archive in KashFlow and refresh the reference data, or choose another account in the mapping.",
)
CONTROL_ACCOUNT = declare(
    "kashflow.check.control_account",
    "KashFlow keeps %(account)s itself and takes no line on it.",
    "Choose another account in the mapping.",
)
NO_BANK = declare(
    "kashflow.check.no_bank",
    "%(account)s is not a bank account in KashFlow, so no money can be paid into or out of it.",
    "Choose a bank account; Amazon Clearing must be one too (it is made as one under Accounts in the set-up).",
)
BANK_LINE = declare(
    "kashflow.check.bank_line",
    "The line on %(account)s is on a bank account, which KashFlow does not take there.",
    "Choose an account of another type in the mapping.",
)
PARTY_MISSING = declare(
    "kashflow.check.party_missing",
    "The company has no customer or supplier %(party)s any more.",
    "Take it out of the archive in KashFlow and refresh the reference data, or choose another in the mapping.",
)
RATE_MISSING = declare(
    "kashflow.check.rate_missing",
    "The company has no VAT rate %(code)s.",
    "Add the rate in KashFlow (Settings, VAT) and refresh the reference data, or choose another rate in the mapping.",
)
VAT_OFF = declare(
    "kashflow.check.vat_off",
    "The document holds VAT of %(amount)s on %(account)s, but this company is not VAT registered in KashFlow.",
    "Say in KashFlow that it is registered and refresh the reference data, or take the VAT rates out of the mapping.",
)
VAT_IN_JOURNAL = declare(
    "kashflow.check.vat_in_journal",
    "The journal holds VAT of %(amount)s on %(account)s, which KashFlow's VAT return would not count.",
    "Choose the posting shape with a sale and a purchase for this integration.",
)
CURRENCY_OFF = declare(
    "kashflow.check.currency_off",
    "The document is in %(currency)s, but this company keeps its books in %(home)s alone.",
    "Add the currency in KashFlow (Settings, Currencies) and refresh the reference data, or leave it unposted.",
)
CURRENCY_PAID = declare(
    "kashflow.check.currency_paid",
    "The document moves money in %(currency)s, and KashFlow keeps payments and banks in %(home)s.",
    "Post settlements in %(home)s here; leave this one to a ledger that keeps %(currency)s, or enter it by hand.",
)
PAYS_SEVERAL = declare(
    "kashflow.check.pays_several",
    "The payment is for %(count)s documents; a payment in KashFlow is for one.",
    "Compose it again: each invoice then gets a payment of its own.",
)
NOT_APPLIED = declare(
    "kashflow.check.not_applied",
    "The payment is set against %(document)s, which is not in KashFlow yet.",
    "Post that document first.",
)
ITEM_MISSING = declare(
    "kashflow.check.item_missing",
    "The company has no product %(item)s any more.",
    "Take it out of the archive in KashFlow and refresh the reference data, or match the product with another.",
)
SHORTENED = declare(
    "kashflow.check.shortened",
    "A text is longer than what KashFlow surely takes, or holds characters that it cannot be sent; it is cut there.",
    "Nothing to do: the whole text stays here.",
    Severity.WARNS,
)


def problems(document: Document, company: CompanyFacts, references: References) -> list[Problem]:
    """Everything found, in order of importance."""
    return [
        *_dates(document, company),
        *_currency(document, company),
        *_parties(document, references),
        *_money_side(document, references),
        *(problem for line in _lines(document) for problem in _line(document, line, company, references)),
        *_texts(document),
    ]


def _dates(document: Document, company: CompanyFacts) -> Iterator[Problem]:
    if company.close_date and document.date <= company.close_date:
        yield Problem(CLOSED, {"date": document.date.isoformat(), "closed": company.close_date.isoformat()})


def _currency(document: Document, company: CompanyFacts) -> Iterator[Problem]:
    """An open invoice may be in any currency that is set up; payments are kept in the company's own."""
    if document.currency == company.home_currency:
        return
    params = {"currency": document.currency, "home": company.home_currency}
    if not company.multicurrency:
        yield Problem(CURRENCY_OFF, params)
    elif not (isinstance(document, SALES_DOCUMENTS) and document.document_type not in kinds.PAID_AT_ONCE):
        yield Problem(CURRENCY_PAID, params)


def _parties(document: Document, references: References) -> Iterator[Problem]:
    if isinstance(document, Payment):
        yield from _applied(document)
    elif isinstance(document, SALES_DOCUMENTS):
        yield from _party("customer", document.customer, references)
    elif isinstance(document, Purchase):
        yield from _party("supplier", document.supplier, references)


def _applied(document: Payment) -> Iterator[Problem]:
    """Sent before its invoice is there, a payment would be of invoice 0."""
    if len(document.applied) > 1:
        yield Problem(PAYS_SEVERAL, {"count": len(document.applied)})
    for each in document.applied:
        if not kinds.Place.of(each.external_id).number:
            yield Problem(NOT_APPLIED, {"document": each.reference or each.document_type.value})


def _party(kind: str, party: PartyRef, references: References) -> Iterator[Problem]:
    """KashFlow lists no archived parties: what is not in the list cannot be used."""
    item = references.get((kind, party.key))
    if item is None or not item.active:
        yield Problem(PARTY_MISSING, {"party": party.name or party.key})


def _money_side(document: Document, references: References) -> Iterator[Problem]:
    """Where the money lies: a bank account, for all that is paid."""
    if isinstance(document, JournalEntry | Invoice) or document.document_type.value == "credit_memo":
        return
    sides = [document.account, document.into] if isinstance(document, Transfer) else [document.account]
    for account in sides:
        found = list(_account(account, references))
        yield from found
        if not found and not bank_of(account.key):
            yield Problem(NO_BANK, {"account": _name(account, references)})


def _lines(document: Document) -> tuple[DocumentLine, ...]:
    return () if isinstance(document, Payment | Transfer) else document.lines


def _line(document: Document, line: DocumentLine, company: CompanyFacts, references: References) -> Iterator[Problem]:
    found = list(_account(line.account, references))
    yield from found
    if not found:
        yield from _codable(document, line, references)
    if line.item and document.document_type not in kinds.NEGATIVE:
        yield from _item(line.item, references)
    yield from _vat(document, line, company, references)


def _item(ref: ItemRef, references: References) -> Iterator[Problem]:
    """A line of a sale names its product; what was given back names none (mapper.py)."""
    item = references.get(("item", ref.key))
    if item is None or not item.active:
        yield Problem(ITEM_MISSING, {"item": ref.name or ref.key})


def _account(account: AccountRef, references: References) -> Iterator[Problem]:
    item = references.get(("account", account.key))
    if item is None:
        yield Problem(ACCOUNT_MISSING, {"account": account.name or account.key})
    elif not item.active:
        yield Problem(ACCOUNT_ARCHIVED, {"account": item.name})


def _codable(document: Document, line: DocumentLine, references: References) -> Iterator[Problem]:
    name = {"account": _name(line.account, references)}
    if references[("account", line.account.key)].facts.get("system"):
        yield Problem(CONTROL_ACCOUNT, name)
    elif bank_of(line.account.key) and not (isinstance(document, JournalEntry) and JOURNALS_TAKE_BANK):
        yield Problem(BANK_LINE, name)


def _vat(document: Document, line: DocumentLine, company: CompanyFacts, references: References) -> Iterator[Problem]:
    params = {"amount": f"{line.tax_amount:f}", "account": _name(line.account, references)}
    if line.tax_amount and not company.sales_tax:
        yield Problem(VAT_OFF, params)
    elif line.tax_amount and isinstance(document, JournalEntry):
        yield Problem(VAT_IN_JOURNAL, params)
    if line.tax and ("tax_code", line.tax.key) not in references:
        yield Problem(RATE_MISSING, {"code": line.tax.name or line.tax.key})


def _texts(document: Document) -> Iterator[Problem]:
    """Each text as it will be sent against the text as it is here."""
    limit = DESCRIPTION_LIMIT if document.document_type in kinds.SIDES else COMMENT_LIMIT - _MARKER_LENGTH - 8
    texts = [(document.memo, limit - (_MARKER_LENGTH if document.document_type in kinds.SIDES else 0))]
    texts += [(line.description, limit) for line in document.lines]
    if any(clean(text, room) != text for text, room in texts):
        yield Problem(SHORTENED)


def _name(account: AccountRef, references: References) -> str:
    item = references.get(("account", account.key))
    return item.name if item else account.name or account.key
