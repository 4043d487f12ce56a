"""REST operations on nominals, products, journals, settings and reports."""

from __future__ import annotations

from typing import Any, Final

from sandbox.kashflow import chart, journals, ledger, nominals, problems, rules
from sandbox.kashflow.call import Answer, Call, Route, listed, moment, money, paged, whole
from sandbox.kashflow.company import Body, Company, Stored
from sandbox.kashflow.money import ZERO
from sandbox.kashflow.rest_parties import currency

_METHODS: Final = {"invoice": "InvPayMethod", "invoices": "InvPayMethod", "purchase": "RecPayMethod", "purchases": "RecPayMethod"}
_PLACES: Final = {name.casefold(): number for number, name in chart.CLASSIFICATIONS.items()}

# Nominals. `Type` is where it belongs in the reports, `NomType` where it is listed in the program.


def _nominal(stored: Stored) -> Body:
    body = stored.body
    return {
        "Id": stored.id, "Code": body["Code"], "Name": body["Name"], "Type": chart.CLASSIFICATIONS[body["Classification"]],
        "NomType": body["NomType"], "Classification": chart.NOMTYPES[body["NomType"]], "Archived": stored.archived,
    }  # fmt: skip


def _nominals(call: Call) -> Answer:
    return Answer([_nominal(one) for one in nominals.listed(call.company)])


def _get_nominal(call: Call) -> Answer:
    return Answer(_nominal(call.company.nominal(call.hole("nominalCode"))))


def _add_nominal(call: Call) -> Answer:
    sent = call.object()
    code = whole(sent.get("Code"), "Code")
    there = call.company.coded("Nominal", code)
    if there and sent.get("CreateWhenNotPresent"):
        return Answer(_nominal(there))
    place = _PLACES.get(str(sent.get("Type", "")).casefold(), 0)
    made = nominals.create(call.company, sent.get("Name"), code, place, whole(sent.get("NomType"), "NomType"))
    return Answer(_nominal(made), 201)


# Products, each under a nominal


def _product(company: Company, stored: Stored) -> Body:
    nominal, body = company.find("Nominal", stored.parent), stored.body
    return {
        "Id": stored.id, "Code": body["Code"], "Name": body["Name"], "Description": body["Description"], "Price": body["Price"],
        "WholesalePrice": body["WholesalePrice"], "VATRate": body["VatRate"], "ManagesStock": bool(body["Managed"]),
        "NominalCode": nominal.body["Code"] if nominal else 0, "QuantityInStock": nominals.in_stock(company, stored),
        "WarnAt": body["StockWarnQty"],
    }  # fmt: skip


def _products(call: Call) -> Answer:
    return paged(call, call.company.all("Product"), lambda one: _product(call.company, one))


def _need_product(call: Call) -> Stored:
    stored = call.company.coded("Product", call.holes["code"])
    if stored is None or stored.parent != call.company.nominal(call.hole("nominalCode")).id:
        raise problems.unknown("product", call.holes["code"])
    return stored


def _get_product(call: Call) -> Answer:
    return Answer(_product(call.company, _need_product(call)))


def _product_in(call: Call, old: Stored | None) -> Body:
    sent, company = call.object(), call.company
    code = whole(sent.get("NominalCode"), "NominalCode")
    body = {**old.body, "id": old.id, "ParentID": old.parent, "QtyInStock": nominals.in_stock(company, old)} if old else {}
    body |= {name: sent[name] for name in ("Name", "Code", "Description") if sent.get(name) is not None}
    numbers = (
        ("Price", "Price"),
        ("WholesalePrice", "WholesalePrice"),
        ("VATRate", "VatRate"),
        ("QuantityInStock", "QtyInStock"),
    )
    body |= {name: money(sent[theirs], theirs) for theirs, name in numbers if sent.get(theirs) is not None}
    if sent.get("ManagesStock") is not None:
        body["Managed"] = int(bool(sent["ManagesStock"]))
    if code or not old:
        body["ParentID"] = company.nominal(code or 4000).id
    return body


def _add_product(call: Call) -> Answer:
    return Answer(_product(call.company, nominals.save_product(call.company, _product_in(call, None))), 201)


def _change_product(call: Call) -> Answer:
    made = nominals.save_product(call.company, _product_in(call, _need_product(call)))
    return Answer(_product(call.company, made))


# Journals. The names of a line's fields aren't published: these are the SOAP type's, with codes beside ids.


def _journal(company: Company, stored: Stored) -> Body:
    lines = []
    for line in stored.body["Lines"]:
        nominal = company.find("Nominal", line["NominalID"])
        code = nominal.body["Code"] if nominal else 0
        lines.append({"NominalId": line["NominalID"], "NominalCode": code, "Amount": line["Amount"], "Comment": line["Comment"]})
    shown = {"Id": stored.id, "Number": stored.number, "Date": moment(stored.body["JournalDate"])}
    return {**shown, "Description": stored.body["Comment"], "Lines": lines}


def _need_journal(call: Call) -> Stored:
    stored = call.company.numbered(journals.KIND, call.hole("number"))
    if stored is None:
        raise problems.unknown("journal", call.holes["number"])
    return stored


def _journal_in(call: Call) -> Body:
    sent = call.object()
    lines = [_journal_line(call.company, line) for line in listed(sent.get("Lines"), "Lines")]
    return {"JournalDate": sent.get("Date"), "Comment": sent.get("Description"), "Lines": lines}


def _journal_line(company: Company, line: Body) -> Body:
    nominal = whole(line.get("NominalId"), "NominalId")
    if not nominal:
        nominal = company.nominal(whole(line.get("NominalCode"), "NominalCode")).id
    return {"NominalID": nominal, "Amount": money(line.get("Amount"), "Amount"), "Comment": line.get("Comment")}


def _journals(call: Call) -> Answer:
    return paged(call, call.company.all(journals.KIND), lambda one: _journal(call.company, one))


def _get_journal(call: Call) -> Answer:
    return Answer(_journal(call.company, _need_journal(call)))


def _add_journal(call: Call) -> Answer:
    return Answer(_journal(call.company, journals.save(call.company, _journal_in(call))), 201)


def _change_journal(call: Call) -> Answer:
    return Answer(_journal(call.company, journals.save(call.company, _journal_in(call), _need_journal(call))))


def _delete_journal(call: Call) -> Answer:
    journals.remove(call.company, _need_journal(call))
    return Answer(None, 204)


# Settings and reports


def _methods(call: Call) -> Answer:
    kind = _METHODS.get(call.holes["type"].lower())
    if kind is None:
        raise problems.unknown("payment method type", call.holes["type"])
    return Answer([{"Id": one.id, "Name": one.body["Name"]} for one in call.company.all(kind)])


def _currencies(call: Call) -> Answer:
    found = call.company.all("Currency")
    return Answer([{"Id": one.id, **currency(call.company, one.body["CurrencyCode"])} for one in found])


def _vat_rates(call: Call) -> Answer:
    found = call.company.all("VatRate")
    return Answer([{"VATId": one.id, "VATRate": one.body["Rate"], "VATText": one.body["Name"]} for one in found])


def _periods(call: Call) -> Answer:
    closed = call.company.settings["closed_until"]
    return Answer([{"Id": 1, "StartDate": "1900-01-01 00:00:00", "EndDate": moment(closed)}] if closed else [])


def _trial(call: Call) -> Answer:
    since, until = (rules.day(call.args.get(name), name) for name in ("startDate", "endDate"))
    rows = ledger.trial_balance(call.company, since, until)
    if call.args.get("excludeZeroBalance", "").lower() == "true":
        rows = [row for row in rows if row.balance]
    return Answer({
        "Balances": [_balance(call.company, row) for row in rows], "StartDate": moment(since), "EndDate": moment(until),
        "ExcludeZeroBalance": call.args.get("excludeZeroBalance", "").lower() == "true",
        "TotalDebit": sum((max(row.balance, ZERO) for row in rows), ZERO),
        "TotalCredit": sum((max(-row.balance, ZERO) for row in rows), ZERO),
    })  # fmt: skip


def _balance(company: Company, row: ledger.Row) -> Body:
    account = nominals.bank_of(company, row.nominal.id)
    shown: dict[str, Any] = {"BankAccountId": account.id} if account else {}
    return {
        "Id": row.nominal.id, "Code": row.nominal.body["Code"], "Name": row.nominal.body["Name"],
        "Type": row.nominal.body["Classification"], "Debit": max(row.balance, ZERO), "Credit": max(-row.balance, ZERO), **shown,
    }  # fmt: skip


ROUTES: Final[dict[str, Route]] = {
    "GET /nominals": _nominals,
    "POST /nominals": _add_nominal,
    "GET /nominals/{nominalCode}": _get_nominal,
    "GET /products": _products,
    "POST /products": _add_product,
    "GET /products/{nominalCode}/{code}": _get_product,
    "PUT /products/{nominalCode}/{code}": _change_product,
    "GET /journals": _journals,
    "POST /journals": _add_journal,
    "GET /journals/{number}": _get_journal,
    "PUT /journals/{number}": _change_journal,
    "DELETE /journals/{number}": _delete_journal,
    "GET /paymentmethods/{type}": _methods,
    "GET /currencies": _currencies,
    "GET /vat/settings/vatrates": _vat_rates,
    "GET /settings/vatrates": _vat_rates,
    "GET /accountingperiods": _periods,
    "GET /reports/trialbalance": _trial,
}
