"""REST operations on bank accounts and what moves on them."""

from __future__ import annotations

from typing import Final

from sandbox.kashflow import bank, nominals, problems
from sandbox.kashflow.call import Answer, Call, Route, moment, money, paged, whole
from sandbox.kashflow.company import Body, Company, Stored
from sandbox.kashflow.documents import PURCHASES, SALES
from sandbox.kashflow.money import ZERO


def _account(company: Company, stored: Stored) -> Body:
    balance = company.balance(stored.parent)
    return {
        "Id": stored.id, "AccountName": stored.body["AccountName"], "Code": stored.body["Code"], "IsArchived": stored.archived,
        "IsDefaultAccount": stored.body["Code"] == 1200, "BankBalance": balance, "IsBankEmpty": not balance,
    }  # fmt: skip


def _need_account(call: Call, hole: str) -> Stored:
    return call.company.need("Bank", call.hole(hole), "bank account")


def _accounts(call: Call) -> Answer:
    archived = call.args.get("includeArchivedAccounts", "").lower() == "true"
    return Answer([_account(call.company, one) for one in call.company.all("Bank") if archived or not one.archived])


def _get_account(call: Call) -> Answer:
    return Answer(_account(call.company, _need_account(call, "id")))


def _add_account(call: Call) -> Answer:
    sent = call.object()
    made = nominals.create_bank(call.company, sent.get("AccountName"), whole(sent.get("Code"), "Code"))
    return Answer(_account(call.company, made), 201)


# Bank transactions. `MoneyType`, the one required field that can say it, is read as what the money is coded to.


def _transaction(stored: Stored) -> Body:
    body = stored.body
    return {
        "Id": stored.id, "Date": moment(body["TransactionDate"]), "MoneyType": body["TransactionType"],
        "AccountId": body["accid"], "Comment": body["Comment"], "PaidIn": body["moneyin"], "PaidOut": body["moneyout"],
        "VATAble": bool(body["Vatable"]), "VATRate": body["VatRate"], "VATAmount": body["VatAmount"], "TransactionType": 0,
    }  # fmt: skip


def _payment(kind: str, stored: Stored) -> Body:
    sales = kind == SALES.payment
    amount = stored.body["PayAmount"] if sales else -stored.body["PayAmount"]
    return {
        "Id": stored.id, "Date": moment(stored.body["PayDate"]), "AccountId": stored.body["PayAccount"], "PaymentId": stored.id,
        "Comment": stored.body["PayNote"], "PaidIn": max(amount, ZERO), "PaidOut": max(-amount, ZERO),
        "TransactionType": 1 if sales else 2,
    }  # fmt: skip


def _transactions(call: Call) -> Answer:
    """Bank transactions and payments of the account, by date."""
    company, account = call.company, _need_account(call, "accountId")
    since, until = call.args.get("startdate", "")[:10], call.args.get("enddate", "9999")[:10]
    rows = [_transaction(one) for one in company.all(bank.KIND, "AND parent = ?", (account.id,))]
    for kind in (SALES.payment, PURCHASES.payment):
        rows += [_payment(kind, one) for one in company.all(kind) if one.body["PayAccount"] == account.id]
    found = sorted((row for row in rows if since <= row["Date"][:10] <= until), key=lambda row: (row["Date"], row["Id"]))
    return paged(call, found, dict, ClosingBalance=company.balance(account.parent, until))


def _transaction_in(call: Call) -> Body:
    sent = call.object()
    return {
        "accid": call.hole("accountId"), "TransactionDate": sent.get("Date"), "Comment": sent.get("Comment"),
        "TransactionType": whole(sent.get("MoneyType"), "MoneyType"), "moneyin": money(sent.get("PaidIn"), "PaidIn"),
        "moneyout": money(sent.get("PaidOut"), "PaidOut"), "Vatable": int(bool(sent.get("VATAble"))),
        "VatRate": money(sent.get("VATRate"), "VATRate"), "VatAmount": money(sent.get("VATAmount"), "VATAmount"),
    }  # fmt: skip


def _need_transaction(call: Call) -> Stored:
    stored = call.company.need(bank.KIND, call.hole("transactionId"), "bank transaction")
    if stored.parent != _need_account(call, "accountId").id:
        raise problems.unknown("bank transaction", stored.id)
    return stored


def _get_transaction(call: Call) -> Answer:
    return Answer(_transaction(_need_transaction(call)))


def _add_transaction(call: Call) -> Answer:
    return Answer(_transaction(bank.save(call.company, _transaction_in(call))), 201)


def _change_transaction(call: Call) -> Answer:
    return Answer(_transaction(bank.save(call.company, _transaction_in(call), _need_transaction(call))))


def _delete_transaction(call: Call) -> Answer:
    bank.remove(call.company, _need_transaction(call).id)
    return Answer(None, 204)


ROUTES: Final[dict[str, Route]] = {
    "GET /bankaccounts": _accounts,
    "POST /bankaccounts": _add_account,
    "GET /bankaccounts/{id}": _get_account,
    "GET /bankaccounts/{accountId}/transactions": _transactions,
    "POST /bankaccounts/{accountId}/transactions": _add_transaction,
    "GET /bankaccounts/{accountId}/transactions/{transactionId}": _get_transaction,
    "PUT /bankaccounts/{accountId}/transactions/{transactionId}": _change_transaction,
    "DELETE /bankaccounts/{accountId}/transactions/{transactionId}": _delete_transaction,
}
