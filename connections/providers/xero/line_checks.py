"""What Xero would refuse about one line: its account, tax type, item, tracking.

Pure; a part of `preflight`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from canonical.accounting import (
    AccountRef,
    AccountType,
    Deposit,
    Document,
    DocumentLine,
    ItemRef,
    JournalEntry,
    TaxRef,
    Withdrawal,
)
from canonical.money import round_half_up
from canonical.problems import Problem, Severity, declare
from connections.contracts import CompanyFacts, ReferenceItem

from .fields import DIMENSIONS

References = Mapping[tuple[str, str], ReferenceItem]

MOST_TRACKING = 2  # xero_accounting.yaml: any line can have 2 tracking categories
_PROFIT_AND_LOSS = ("REVENUE", "EXPENSE")  # Account.Class
_OFF_THE_JOURNAL = (AccountType.BANK, AccountType.CREDIT_CARD, AccountType.RECEIVABLE, AccountType.PAYABLE)

ACCOUNT_MISSING = declare(
    "xero.check.account_missing",
    "The organisation has no account %(account)s any more.",
    "Choose another account in the mapping, or refresh the reference data if you have just made it.",
)
ACCOUNT_ARCHIVED = declare(
    "xero.check.account_archived",
    "The account %(account)s is archived in Xero.",
    "Restore it in Xero and refresh the reference data, or choose another account in the mapping.",
)
ACCOUNT_SYSTEM = declare(
    "xero.check.account_system",
    "The account %(account)s is moved by Xero itself; no line may stand on it.",
    "Choose another account in the mapping.",
)
NOT_ON_A_LINE = declare(
    "xero.check.not_on_a_line",
    "The account %(account)s is of type %(type)s: Xero takes no line of a document or journal on it.",
    "Choose an account of another type in the mapping; money in the bank is received by a document of its own.",
)
TAX_NOT_KEPT = declare(
    "xero.check.tax_not_kept",
    "The document holds tax of %(amount)s on %(account)s, but this organisation keeps no tax by codes.",
    "Switch the tax on in Xero and refresh the reference data, or say in the mapping that this ledger keeps none.",
)
TAX_MISSING = declare(
    "xero.check.tax_missing",
    "The organisation has no usable tax rate %(code)s.",
    "Choose another tax rate in the mapping, or make it active in Xero and refresh the reference data.",
)
TAX_UNFIT = declare(
    "xero.check.tax_unfit",
    "Xero does not take the tax rate %(code)s on the account %(account)s.",
    "Choose a tax rate in the mapping that fits the account's type: one on income, one on expenses.",
)
TAX_RATE_DIFFERS = declare(
    "xero.check.tax_rate_differs",
    "The tax rate %(code)s is at %(ledger)s %% in Xero, but the document was computed at %(ours)s %%.",
    "Choose the tax rate that has the right percentage, or correct it; then the document is composed anew.",
)
TAX_NOT_STATED = declare(
    "xero.check.tax_not_stated",
    "A journal line cannot state its own tax: Xero would compute %(ledger)s on %(account)s, not %(ours)s.",
    "Use the posting shape invoice for this settlement.",
)
NO_TAX_RATE = declare(
    "xero.check.no_tax_rate",
    "The line on %(account)s has no tax rate, and this organisation files tax.",
    "Choose a tax rate for it in the mapping (the one for no tax, if none applies).",
    Severity.WARNS,
)
ITEM_MISSING = declare(
    "xero.check.item_missing",
    "The organisation has no item %(item)s any more.",
    "Choose another in the mapping, or refresh the reference data if you have just made it.",
)
ITEM_NOT_SOLD = declare(
    "xero.check.item_not_sold",
    "The item %(item)s is not for sale in Xero.",
    "Tick I sell this item in Xero and refresh the reference data, or choose another in the mapping.",
)
TRACKED_ITEM = declare(
    "xero.check.tracked_item",
    "The item %(item)s is tracked stock; Xero takes it on invoices and credit notes only.",
    "Choose another item in the mapping.",
)
TRACKING_MISSING = declare(
    "xero.check.tracking_missing",
    "The tracking option %(option)s does not exist in Xero or is archived.",
    "Choose another in the mapping, or restore it and refresh the reference data.",
)
TRACKING_TWICE = declare(
    "xero.check.tracking_twice",
    "The line on %(account)s names two options of one tracking category, or more than two categories.",
    "Leave one of them out in the mapping.",
)
PARTY_ON_JOURNAL = declare(
    "xero.check.party_on_journal",
    "A journal line in Xero is of no customer, so that %(account)s cannot be moved by one.",
    "Nothing you can do: tell support the document's number.",
)


def problems(line: DocumentLine, document: Document, company: CompanyFacts, references: References) -> Iterator[Problem]:
    account = references.get(("account", line.account.key))
    yield from usable(line.account, account)
    if account is not None:
        yield from _on_a_line(account)
    if line.party and isinstance(document, JournalEntry):
        yield Problem(PARTY_ON_JOURNAL, {"account": line.account.name or line.account.key})
    yield from _tax(line, account, document, company, references)
    if line.item:
        yield from _item(line.item, document, references)
    yield from _tracking(line, references)


def usable(ref: AccountRef, account: ReferenceItem | None) -> Iterator[Problem]:
    if account is None or account.deleted:
        yield Problem(ACCOUNT_MISSING, {"account": ref.name or ref.key})
    elif not account.active:
        yield Problem(ACCOUNT_ARCHIVED, {"account": account.name})


def _on_a_line(account: ReferenceItem) -> Iterator[Problem]:
    kind = str(account.facts.get("type"))
    if kind in _OFF_THE_JOURNAL:
        yield Problem(NOT_ON_A_LINE, {"account": account.name, "type": kind})
    elif account.facts.get("system"):
        yield Problem(ACCOUNT_SYSTEM, {"account": account.name})


def _tax(
    line: DocumentLine, account: ReferenceItem | None, document: Document, company: CompanyFacts, references: References
) -> Iterator[Problem]:
    shown = line.account.name or line.account.key
    if company.sales_tax != "codes":
        if line.tax_amount:
            yield Problem(TAX_NOT_KEPT, {"amount": str(line.tax_amount), "account": shown})
        return
    kind = str(account.facts.get("classification") or "") if account else ""
    if line.tax is None:
        if kind in _PROFIT_AND_LOSS:
            yield Problem(NO_TAX_RATE, {"account": shown})
        return
    rate = references.get(("tax_code", line.tax.key))
    if rate is None or rate.deleted or not rate.active:
        yield Problem(TAX_MISSING, {"code": line.tax.name or line.tax.key})
        return
    if kind and not _fits(rate, kind):
        yield Problem(TAX_UNFIT, {"code": rate.name, "account": shown})
    yield from _percent(line.tax, rate)
    if isinstance(document, JournalEntry):
        yield from _computed(line, line.tax, document.currency)


def _fits(rate: ReferenceItem, classification: str) -> bool:
    """`fits` says where a rate may stand: ASSETS, EQUITY, EXPENSES, LIABILITIES, REVENUE."""
    plural = {"ASSET": "ASSETS", "EXPENSE": "EXPENSES", "LIABILITY": "LIABILITIES"}.get(classification, classification)
    fits = rate.facts.get("fits")
    return not isinstance(fits, list) or not fits or plural in fits


def _percent(tax: TaxRef, rate: ReferenceItem) -> Iterator[Problem]:
    """The rate we computed with must be Xero's own, where it tells it for that side of the return."""
    stated = str(rate.facts.get(f"{tax.applies_on}_rate") or "")
    if stated and Decimal(stated) != tax.rate:
        yield Problem(TAX_RATE_DIFFERS, {"code": rate.name, "ledger": stated, "ours": format(tax.rate.normalize(), "f")})


def _computed(line: DocumentLine, tax: TaxRef, currency: str) -> Iterator[Problem]:
    computed = round_half_up(line.gross * tax.rate / (100 + tax.rate), currency)
    if computed != line.tax_amount:
        shown = line.account.name or line.account.key
        yield Problem(TAX_NOT_STATED, {"account": shown, "ledger": str(computed), "ours": str(line.tax_amount)})


def _item(ref: ItemRef, document: Document, references: References) -> Iterator[Problem]:
    item = references.get(("item", ref.key))
    if item is None or item.deleted or not item.active:
        yield Problem(ITEM_MISSING, {"item": ref.name or ref.key})
        return
    if item.facts.get("sold") is False:
        yield Problem(ITEM_NOT_SOLD, {"item": item.name})
    if item.facts.get("type") == "Inventory" and isinstance(document, Deposit | Withdrawal):
        yield Problem(TRACKED_ITEM, {"item": item.name})


def _tracking(line: DocumentLine, references: References) -> Iterator[Problem]:
    named = [key for name, key in line.dimensions if name in (*DIMENSIONS, "location")]
    categories = {key.partition("::")[0] for key in named}
    if len(named) > MOST_TRACKING or len(categories) != len(named):
        yield Problem(TRACKING_TWICE, {"account": line.account.name or line.account.key})
    for key in named:
        option = next((item for kind in DIMENSIONS if (item := references.get((kind, key)))), None)
        if option is None or option.deleted or not option.active:
            yield Problem(TRACKING_MISSING, {"option": option.name if option else key})
