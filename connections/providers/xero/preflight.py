"""What Xero would refuse, found before anything is sent.

Pure: a document, the organisation's facts and the reference data are all it looks at. Each finding is a
Problem with a remedy; those that block stop the posting, the others are shown. Lines are in `line_checks`.
"""

from __future__ import annotations

from collections.abc import Iterator

from canonical.accounting import (
    AccountRef,
    AccountType,
    CreditMemo,
    Deposit,
    Document,
    DocumentType,
    Invoice,
    JournalEntry,
    PartyRef,
    Payment,
    Withdrawal,
)
from canonical.problems import Problem, Severity, declare
from connections.contracts import CompanyFacts

from . import line_checks, money
from .client import LARGEST
from .fields import REFERENCE_LIMIT, TEXT_LIMIT, text_of
from .line_checks import References, usable

MARK = 48  # our mark and a blank, where they share the reference
LINE_BYTES = 400  # what a line weighs in a request besides its description

CLOSED = declare(
    "xero.check.period_closed",
    "The document is dated %(date)s, but the organisation's books are locked up to and including %(closed)s: Xero takes only drafts there.",
    "Move the lock date in Xero and refresh the reference data; or enter it in Xero yourself, as a draft or on a later day; "
    "or leave it out. It is never dated otherwise by itself.",
)
CURRENCY_OFF = declare(
    "xero.check.currency_off",
    "The document is in %(currency)s, which the organisation has not switched on (its own is %(home)s).",
    "Add the currency in Xero (Settings, Currencies; it needs a plan with several currencies) and refresh the reference data.",
)
JOURNAL_CURRENCY = declare(
    "xero.check.journal_currency",
    "A manual journal in Xero is in %(home)s only; this one is in %(currency)s.",
    "Choose the posting shape invoice for this settlement.",
)
PLAN_FULL = declare(
    "xero.check.plan_full",
    "The organisation's Xero plan (%(plan)s) takes no more invoices this month.",
    "Wait for the next month, change the plan in Xero and refresh the reference data, or post settlements as one journal each.",
)
NOT_RECEIVABLE = declare(
    "xero.check.not_receivable",
    "%(account)s is not the organisation's accounts receivable account.",
    "Choose Accounts Receivable in the mapping, or refresh the reference data.",
)
NOT_A_BANK = declare(
    "xero.check.not_a_bank",
    "Xero books received and spent money on bank accounts only; %(account)s is of type %(type)s.",
    "Choose a bank account as the payout account.",
)
NO_PAYMENTS = declare(
    "xero.check.no_payments",
    "Payments to the account %(account)s are not enabled in Xero.",
    "Tick Enable payments to this account in its settings in Xero and refresh the reference data, or choose another account.",
)
ACCOUNT_CURRENCY = declare(
    "xero.check.account_currency",
    "The account %(account)s is kept in %(account_currency)s; a document in %(currency)s cannot use it.",
    "Choose an account in %(currency)s or, for a payment, in the organisation's own currency.",
)
CUSTOMER_MISSING = declare(
    "xero.check.customer_missing",
    "The organisation has no contact %(customer)s any more.",
    "Choose another in the mapping, or refresh the reference data if you have just made it.",
)
CUSTOMER_ARCHIVED = declare(
    "xero.check.customer_archived",
    "The contact %(customer)s is archived in Xero.",
    "Restore it in Xero and refresh the reference data, or choose another in the mapping.",
)
ONE_LINK = declare(
    "xero.check.one_link",
    "A payment in Xero is of one invoice or one credit note; this one names %(documents)s.",
    "Nothing you can do: tell support the settlement's number.",
)
NOT_APPLIED = declare(
    "xero.check.not_applied",
    "The payment is set against %(document)s, which is not in Xero yet.",
    "Post that document first.",
)
TOO_LARGE = declare(
    "xero.check.too_large",
    "The document has %(lines)s lines and is larger than the 3.5 MB that Xero takes at once.",
    "Map more kinds of row to the same account, or use fewer tracking options.",
)
SHORTENED = declare(
    "xero.check.shortened",
    "A text is longer than what Xero takes (%(limit)s characters) and is cut there.",
    "Nothing to do: the whole text stays here.",
    Severity.WARNS,
)
CHARACTERS = declare(
    "xero.check.characters",
    "A text has characters that Xero does not take; they are left out there.",
    "Nothing to do: the whole text stays here.",
    Severity.WARNS,
)


def problems(document: Document, company: CompanyFacts, references: References) -> list[Problem]:
    """Everything Xero would refuse or change, each finding once, in the order of the document."""
    found = [*_header(document, company), *_texts(document), *_accounts(document, company, references)]
    if isinstance(document, Invoice | CreditMemo | Payment):
        found += _customer(document.customer, references)
    if isinstance(document, Payment):
        found += _links(document)
    else:
        for line in document.lines:
            found += line_checks.problems(line, document, company, references)
    unique = {(problem.code, *sorted(problem.params.items())): problem for problem in found}
    return list(unique.values())


def _header(document: Document, company: CompanyFacts) -> Iterator[Problem]:
    if company.close_date and document.date <= company.close_date:
        yield Problem(CLOSED, {"date": document.date.isoformat(), "closed": company.close_date.isoformat()})
    params: dict[str, str | int] = {"currency": document.currency, "home": company.home_currency}
    if document.currency != company.home_currency and isinstance(document, JournalEntry):
        yield Problem(JOURNAL_CURRENCY, params)
    elif document.currency not in (company.home_currency, *company.currencies):
        yield Problem(CURRENCY_OFF, params)
    if isinstance(document, Invoice) and company.invoices_left == 0:
        yield Problem(PLAN_FULL, {"plan": company.plan.title()})


def _texts(document: Document) -> Iterator[Problem]:
    said = [line.description for line in document.lines]
    if sum(len(text.encode()) + LINE_BYTES for text in said) > LARGEST:
        yield Problem(TOO_LARGE, {"lines": len(said)})
    reference = (document.reference or document.memo) if isinstance(document, Invoice | CreditMemo) else ""
    if any(len(text) > TEXT_LIMIT for text in said) or len(document.memo) > TEXT_LIMIT - 400:
        yield Problem(SHORTENED, {"limit": TEXT_LIMIT})
    elif len(reference) > REFERENCE_LIMIT - (MARK if isinstance(document, CreditMemo) else 0):
        yield Problem(SHORTENED, {"limit": REFERENCE_LIMIT})
    if any(text_of(text) != text for text in (*said, reference, document.memo)):
        yield Problem(CHARACTERS)


def _accounts(document: Document, company: CompanyFacts, references: References) -> Iterator[Problem]:
    """The account that the money goes to or comes from, and the receivable account."""
    if isinstance(document, Invoice | CreditMemo):
        yield from _receivable(document.account, references)
    if isinstance(document, Deposit | Withdrawal):
        yield from _bank(document.account, document, company, references)
    if isinstance(document, Payment):
        if not money.is_allocation(document):
            yield from _paid_into(document, company, references)
        yield from _receivable(document.receivable, references)


def _receivable(ref: AccountRef, references: References) -> Iterator[Problem]:
    """There is one, whatever the currency: Xero puts invoices there by itself."""
    account = references.get(("account", ref.key))
    if account is None or account.facts.get("type") != AccountType.RECEIVABLE:
        yield Problem(NOT_RECEIVABLE, {"account": (account.name if account else ref.name) or ref.key})


def _bank(ref: AccountRef, document: Document, company: CompanyFacts, references: References) -> Iterator[Problem]:
    account = references.get(("account", ref.key))
    yield from usable(ref, account)
    if account is None:
        return
    if account.facts.get("native_type") != "BANK":
        yield Problem(NOT_A_BANK, {"account": account.name, "type": str(account.facts.get("type"))})
        return
    held = str(account.facts.get("currency") or company.home_currency)
    if held != document.currency:
        yield Problem(ACCOUNT_CURRENCY, {"account": account.name, "account_currency": held, "currency": document.currency})


def _paid_into(document: Payment, company: CompanyFacts, references: References) -> Iterator[Problem]:
    account = references.get(("account", document.account.key))
    yield from usable(document.account, account)
    if account is None:
        return
    if not account.facts.get("payments"):
        yield Problem(NO_PAYMENTS, {"account": account.name})
    held = str(account.facts.get("currency") or company.home_currency)
    if held not in (document.currency, company.home_currency):
        yield Problem(ACCOUNT_CURRENCY, {"account": account.name, "account_currency": held, "currency": document.currency})


def _customer(ref: PartyRef, references: References) -> Iterator[Problem]:
    contact = references.get(("customer", ref.key))
    if contact is None or contact.deleted:
        yield Problem(CUSTOMER_MISSING, {"customer": ref.name or ref.key})
    elif not contact.active:
        yield Problem(CUSTOMER_ARCHIVED, {"customer": contact.name})


def _links(document: Payment) -> Iterator[Problem]:
    journals = any(each.document_type is DocumentType.JOURNAL_ENTRY for each in document.applied)
    if journals or (len(document.applied) != 1 and not money.is_allocation(document)):
        yield Problem(ONE_LINK, {"documents": len(document.applied)})
    for each in document.applied:
        if not each.external_id:
            yield Problem(NOT_APPLIED, {"document": each.reference or each.document_type.value})
