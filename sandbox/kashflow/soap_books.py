"""SOAP operations on nominals, products, settings, bank accounts, journals and reports."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from sandbox.kashflow import bank, chart, journals, ledger, nominals, problems, rules
from sandbox.kashflow.company import Body, Company, Stored

Handler = Callable[[Company, Body], Any]
_TRANSACTION_TYPES: Final = {"Invoice": 1, "InvoicePayment": 1, "Receipt": 2, "ReceiptPayment": 2, "Journal": 4}


def _sent(args: Body, parameter: str) -> Body:
    if args[parameter] is None:
        raise problems.missing(parameter)
    return dict(args[parameter])


def _window(args: Body) -> tuple[str, str]:
    return rules.day(args["StartDate"], "StartDate"), rules.day(args["EndDate"], "EndDate")


# Nominals and products


def code(nominal: Stored, debit: Decimal, credit: Decimal) -> Body:
    """A nominal with its figures; the vendor's balance is credit less debit."""
    return {
        "id": nominal.id, "Code": nominal.body["Code"], "Name": nominal.body["Name"], "debit": debit, "credit": credit,
        "balance": credit - debit,
    }  # fmt: skip


def _codes(company: Company, _args: Body) -> list[Body]:
    return [code(one, *company.sides(one.id)) for one in nominals.listed(company) if not one.archived]


def _codes_extended(company: Company, _args: Body) -> list[Body]:
    return [
        {
            **code(one, *company.sides(one.id)), "TypeID": one.body["Classification"],
            "TypeName": chart.CLASSIFICATIONS[one.body["Classification"]], "ClassificationID": one.body["NomType"],
            "ClassificationName": chart.NOMTYPES[one.body["NomType"]], "Archived": one.archived,
        }
        for one in nominals.listed(company)
    ]  # fmt: skip


def _insert_code(company: Company, args: Body) -> int:
    return nominals.create(company, args["name"], args["code"], args["classification"], args["nomtype"]).id


def _register(company: Company, args: Body) -> list[Body]:
    nominal = company.need("Nominal", args["NominalID"], "nominal")
    return [
        {
            "Date": f"{one.day}T00:00:00", "nomid": nominal.id, "Value": one.amount, "Type": _TRANSACTION_TYPES.get(one.kind, 3),
            "id": one.doc, "Narrative": one.memo,
        }
        for one in ledger.register(company, nominal.id, *_window(args))
    ]  # fmt: skip


def _products(company: Company, _args: Body) -> list[Body]:
    """What is sold: the nominals listed as sales types."""
    found = [one for one in nominals.listed(company) if one.body["NomType"] == 1 and not one.archived]
    return [{"ProductID": one.id, "ProductName": one.body["Name"], "ProductCode": one.body["Code"]} for one in found]


def _product(company: Company, stored: Stored) -> Body:
    return {**stored.body, "id": stored.id, "ParentID": stored.parent, "QtyInStock": int(nominals.in_stock(company, stored))}


def _sub_products(company: Company, args: Body) -> list[Body]:
    found = company.all("Product", "AND parent = ?", (args["NominalID"],))
    return [_product(company, one) for one in found if not one.archived]


def _sub_product(company: Company, args: Body) -> Body:
    return _product(company, company.need("Product", args["ProductID"], "product"))


def _sub_product_by_code(company: Company, args: Body) -> Body:
    stored = company.coded("Product", args["ProductCode"] or "")
    if stored is None:
        raise problems.unknown("product", args["ProductCode"])
    return _product(company, stored)


def _save_sub_product(company: Company, args: Body) -> int:
    return nominals.save_product(company, _sent(args, "sp")).id


# Settings


def _vat_rates(company: Company, _args: Body) -> list[Body]:
    return [{"ID": one.id, "Name": one.body["Name"], "Value": one.body["Rate"]} for one in company.all("VatRate")]


def _currencies(company: Company, _args: Body) -> list[Body]:
    found = company.all("Currency")
    return [{**one.body, "CurrencyId": one.id, "isDefault": int(one.body["CurrencyCode"] == company.home)} for one in found]


def _methods(kind: str) -> Handler:
    def listed(company: Company, _args: Body) -> list[Body]:
        return [{"MethodID": one.id, "MethodName": one.body["Name"]} for one in company.all(kind)]

    return listed


# Bank accounts


def _accounts(company: Company, _args: Body) -> list[Body]:
    found = [one for one in company.all("Bank") if not one.archived]
    return [{"AccountID": one.id, "AccountName": one.body["AccountName"], "AccountCode": one.body["Code"]} for one in found]


def _create_account(company: Company, args: Body) -> int:
    return nominals.create_bank(company, args["AccountName"], args["NominalCode"]).id


def _bank_balance(company: Company, args: Body) -> Decimal:
    account = company.need("Bank", args["AccountID"], "bank account")
    return company.balance(account.parent, rules.day(args["BalanceDate"], "BalanceDate"))


def _overview(company: Company, _args: Body) -> list[Body]:
    found = [one for one in company.all("Bank") if not one.archived]
    return [
        {"AccountID": one.id, "AccountName": one.body["AccountName"], "Balance": company.balance(one.parent)} for one in found
    ]


def _tx_types(company: Company, _args: Body) -> list[Body]:
    """What a bank transaction may be coded to; the other bank accounts among them, where transfers are made so."""
    transfers = company.settings["transfer"] != "journal"
    return [
        {"TypeID": one.id, "TypeName": one.body["Name"], "TypeCode": one.body["Code"]}
        for one in nominals.listed(company)
        if not one.archived and (nominals.codable(company, one) or (transfers and nominals.bank_of(company, one.id)))
    ]


def _transactions(company: Company, args: Body) -> list[Body]:
    account = company.need("Bank", args["AccountID"], "bank account")
    found = sorted(company.all(bank.KIND, "AND parent = ?", (account.id,)), key=lambda one: (one.day, one.id))
    return [bank.shown(company, one) for one in found]


def _insert_transaction(company: Company, args: Body) -> int:
    return bank.save(company, _sent(args, "bp")).id


def _update_transaction(company: Company, args: Body) -> int:
    old = company.need(bank.KIND, args["TransactionID"], "bank transaction")
    return bank.save(company, _sent(args, "bp"), old).id


def _delete_transaction(company: Company, args: Body) -> int:
    bank.remove(company, args["TransactionID"])
    return 1


# Journals and reports


def _insert_journal(company: Company, args: Body) -> int:
    return journals.save(company, _sent(args, "Jnl")).number


def _update_journal(company: Company, args: Body) -> int:
    sent = _sent(args, "Jnl")
    old = company.numbered(journals.KIND, sent["JournalNumber"])
    if old is None:
        raise problems.unknown("journal", sent["JournalNumber"])
    return journals.save(company, sent, old).number


def _journals(company: Company, _args: Body) -> list[Body]:
    return [journals.shown(one) for one in company.all(journals.KIND)]


def _journal(company: Company, args: Body) -> Body:
    stored = company.numbered(journals.KIND, args["JournalNumber"])
    if stored is None:
        raise problems.unknown("journal", args["JournalNumber"])
    return journals.shown(stored)


def _delete_journal(company: Company, args: Body) -> int:
    journals.remove(company, company.numbered(journals.KIND, args["JournalNumber"]))
    return 1


def _delete_journal_by_id(company: Company, args: Body) -> int:
    journals.remove(company, company.find(journals.KIND, args["JournalID"]))
    return 1


def _trial(company: Company, args: Body) -> list[Body]:
    return [code(row.nominal, row.debit, row.credit) for row in ledger.trial_balance(company, *_window(args))]


def _vat_report(company: Company, args: Body) -> Body:
    since, until = _window(args)
    filed = bool(company.settings["vat_until"]) and until <= company.settings["vat_until"]
    dates = {"StartDate": f"{since}T00:00:00", "EndDate": f"{until}T00:00:00"}
    return {**dates, "SubmittedToAccounts": filed, "SubmittedToHMRC": filed, **ledger.vat_return(company, since, until)}


HANDLERS: Final[dict[str, Handler]] = {
    "GetNominalCodes": _codes,
    "GetNominalCodesExtended": _codes_extended,
    "InsertNominalCode": _insert_code,
    "GetNominalLedger": _register,
    "GetProducts": _products,
    "GetSubProducts": _sub_products,
    "GetSubProductByID": _sub_product,
    "GetSubProductByCode": _sub_product_by_code,
    "AddOrUpdateSubProduct": _save_sub_product,
    "GetVATRates": _vat_rates,
    "GetCurrencies": _currencies,
    "GetInvPayMethods": _methods("InvPayMethod"),
    "GetRecPayMethods": _methods("RecPayMethod"),
    "CreateBankAccount": _create_account,
    "GetBankAccounts": _accounts,
    "GetBankBalance": _bank_balance,
    "GetBankOverview": _overview,
    "GetBankTxTypes": _tx_types,
    "GetBankTransactions": _transactions,
    "InsertBankTransaction": _insert_transaction,
    "UpdateBankTransaction": _update_transaction,
    "DeleteBankTransaction": _delete_transaction,
    "InsertJournal": _insert_journal,
    "UpdateJournal": _update_journal,
    "GetJournals": _journals,
    "GetJournal": _journal,
    "DeleteJournal": _delete_journal,
    "DeleteJournalByID": _delete_journal_by_id,
    "GetTrialBalance": _trial,
    "GetVATReport": _vat_report,
}
