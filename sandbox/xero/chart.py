"""The chart of accounts: types and classes, the rules of an Account, and which documents may touch which account."""

from __future__ import annotations

from typing import Any, Final

from sandbox.xero.books import Body, Books, Stored
from sandbox.xero.dates import moment
from sandbox.xero.errors import Invalid
from sandbox.xero.query import updated
from sandbox.xero.wire import flag

# Xero's AccountType -> Class (xero_accounting.yaml AccountType, AccountClass).
CLASSES: Final = {
    "BANK": "ASSET", "CURRENT": "ASSET", "FIXED": "ASSET", "INVENTORY": "ASSET", "NONCURRENT": "ASSET", "PREPAYMENT": "ASSET",
    "CURRLIAB": "LIABILITY", "LIABILITY": "LIABILITY", "TERMLIAB": "LIABILITY", "EQUITY": "EQUITY",
    "DEPRECIATN": "EXPENSE", "DIRECTCOSTS": "EXPENSE", "EXPENSE": "EXPENSE", "OVERHEADS": "EXPENSE",
    "OTHERINCOME": "REVENUE", "REVENUE": "REVENUE", "SALES": "REVENUE",
}  # fmt: skip
DEBTORS, CREDITORS, TAX, ROUNDING, GAIN = "DEBTORS", "CREDITORS", "GST", "ROUNDING", "REALISEDCURRENCYGAIN"
BANK, INVENTORY = "BANK", "INVENTORY"
_CODE: Final = 10
_NAME: Final = 150


def no_tax(books: Books) -> str:
    """The tax type of what isn't taxed: BASEXCLUDED in Australia, NONE elsewhere."""
    return "BASEXCLUDED" if books.country == "AU" else "NONE"


def find(books: Books, sent: Body) -> Stored | None:
    """An account by AccountID or Code."""
    if sent.get("AccountID"):
        return books.find("Account", sent["AccountID"])
    return books.labelled("Account", str(sent["Code"])) if sent.get("Code") else None


def system(books: Books, duty: str) -> Stored:
    """The organisation's account with that duty."""
    if not books.duties:
        books.duties = {one.body["SystemAccount"]: one for one in books.all("Account") if one.body.get("SystemAccount")}
    return books.duties[duty]


def write(books: Books, sent: Body, old: Stored | None, options: Any) -> Stored:
    """A new account, or a changed one."""
    body = {**old.body} if old else {}
    kept = ("Code", "Name", "Type", "Description", "BankAccountNumber", "BankAccountType", "TaxType", "CurrencyCode",
            "ReportingCode")  # fmt: skip
    body |= {name: sent[name] for name in kept if sent.get(name) is not None}
    for name in ("EnablePaymentsToAccount", "ShowInExpenseClaims", "AddToWatchlist"):
        body[name] = flag(sent.get(name), bool(body.get(name, False)))
    status = sent.get("Status") or (old.status if old else "ACTIVE")
    if status not in ("ACTIVE", "ARCHIVED"):
        raise Invalid("The account status is not valid")
    if old and old.body.get("SystemAccount") and (status != old.status or body["Type"] != old.body["Type"]):
        raise Invalid("System accounts cannot be updated or archived")
    _check(books, body, old)
    return books.save(
        "Account", body, status=status, old=old, label=body.get("Code"), second=body["Name"], object_id=sent.get("_id")
    )


def _check(books: Books, body: Body, old: Stored | None) -> None:
    if not body.get("Name"):
        raise Invalid("Please enter a Name.")
    kind = body.get("Type")
    if kind not in CLASSES:
        raise Invalid("The account type is not valid")
    if not body.get("Code") and kind != BANK:
        raise Invalid("Please enter a Code.")
    if len(body.get("Code", "")) > _CODE or len(body["Name"]) > _NAME:
        raise Invalid(f"An account code may have {_CODE} characters and its name {_NAME} at most")
    if kind == BANK and not body.get("BankAccountNumber"):
        raise Invalid("You must enter a bank account number for a bank account.")
    for find, field, word in ((books.labelled, "Code", "Code"), (books.second, "Name", "Name")):
        twin = find("Account", str(body[field])) if body.get(field) else None
        if twin and (not old or twin.id != old.id):
            raise Invalid(f"Please enter a unique {word}.")
    body["Class"] = CLASSES[kind]
    body.setdefault("TaxType", no_tax(books))
    if not books.labelled("TaxRate", body["TaxType"]):
        raise Invalid(f"The TaxType code '{body['TaxType']}' does not exist or cannot be used for this type of transaction.")
    if kind == BANK:
        body["CurrencyCode"] = books.currency(body.get("CurrencyCode"))
        body.setdefault("BankAccountType", "BANK")


def delete(books: Books, old: Stored) -> Stored:
    """Only an account that nothing was ever posted to, and that has no duty."""
    used = books.conn.execute("SELECT 1 FROM xero_posting WHERE tenant = ? AND account = ?", (books.tenant, old.id)).fetchone()
    if used or old.body.get("SystemAccount"):
        raise Invalid("This account cannot be deleted; it is in use. Archive it instead.")
    return books.save("Account", old.body, status="DELETED", old=old, label=old.body.get("Code"), second=old.body["Name"])


def show(books: Books, stored: Stored, full: bool, options: Any) -> Body:
    body = stored.body
    shown = {
        "AccountID": stored.id, "Code": body.get("Code", ""), "Name": body["Name"], "Status": stored.status, "Type": body["Type"],
        "TaxType": body["TaxType"], "Class": body["Class"], "EnablePaymentsToAccount": body["EnablePaymentsToAccount"],
        "ShowInExpenseClaims": body["ShowInExpenseClaims"], "AddToWatchlist": body["AddToWatchlist"],
        "ReportingCode": body.get("ReportingCode", ""), "HasAttachments": False, "UpdatedDateUTC": moment(updated(stored)),
    }  # fmt: skip
    optional = ("Description", "BankAccountNumber", "BankAccountType", "CurrencyCode", "SystemAccount")
    return shown | {name: body[name] for name in optional if body.get(name)}


def brief(account: Stored) -> Body:
    """An account inside another object."""
    return {"AccountID": account.id, "Code": account.body.get("Code", ""), "Name": account.body["Name"]}


# Which documents may touch which account


def on_line(books: Books, line: Body, *, needed: bool = True) -> Stored | None:
    """The account of a line of an invoice, bill, credit note, bank transaction or journal. Raises Invalid.

    Bank, receivable, payable and other system accounts are moved by documents of their own, never by a line.
    """
    code = line.get("AccountCode") or line.get("AccountID")
    if not code:
        if needed:
            raise Invalid("Account code must be specified")
        return None
    account = find(books, {"AccountID": line.get("AccountID") if not line.get("AccountCode") else None, "Code": code})
    if account is None or account.body["Type"] == BANK or account.body.get("SystemAccount"):
        raise Invalid(f"Account code '{code}' is not a valid code for this document.")
    if account.status != "ACTIVE":
        raise Invalid(f"Account code '{code}' has been archived and cannot be used.")
    return account


def for_payment(books: Books, sent: Body) -> Stored:
    """The account that a payment goes into or comes from: a bank account, or one with payments enabled."""
    account = find(books, sent or {})
    if account is None:
        raise Invalid("Account could not be found")
    if account.status != "ACTIVE":
        raise Invalid("The account has been archived and cannot be used for payments")
    if account.body["Type"] != BANK and not account.body["EnablePaymentsToAccount"]:
        raise Invalid(f"Account code '{account.body.get('Code', '')}' is not a bank account and is not enabled for payments")
    return account


def bank(books: Books, sent: Body) -> Stored:
    """A bank account. Raises Invalid for any other."""
    account = find(books, sent or {})
    if account is None or account.body["Type"] != BANK:
        raise Invalid("The bank account must be an account of type BANK")
    if account.status != "ACTIVE":
        raise Invalid("The bank account has been archived")
    return account
